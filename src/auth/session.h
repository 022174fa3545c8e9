/* Sessions and their tokens. A session is a row, one log-in on one device; its access token is a JWT
 * of 15 minutes, its refresh token is opaque, kept only as a hash, used once and replaced. Using a
 * replaced token again ends the session (somebody copied it), except within 20 seconds, when the
 * same successor is given again (the answer was lost, or two tabs asked at once). Every use of an
 * access token looks at the row, so an ended session and a disabled account stop at once.
 * Worker processes. */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct view;

#define SESSION_ACCESS_SECONDS 900
#define COOKIE_ACCESS "__Host-access"
#define COOKIE_REFRESH "__Host-refresh"

struct session_tokens {
    int64_t session_id;
    const char *access, *refresh;
    int access_seconds, refresh_seconds; /* lives, also of the cookies */
};

struct session_found {
    enum actor_kind kind; /* ACTOR_NOBODY: no credentials, or only spent cookies */
    int64_t id;           /* customers.id or staff.id */
    const char *name;     /* customer's name or phone's last digits; staff user name */
    int64_t session_id;   /* 0 for an API key */
    uint64_t permissions; /* staff */
    bool by_cookie;
    const char *new_access, *new_refresh; /* renewed: set these cookies; NULL: leave them */
    int access_seconds, refresh_seconds;
    bool drop_cookies;    /* the cookies are of no use any more: delete them */
};

/* Who asks, by an Authorization bearer (access token or API key; a bad one is ERR_TOKEN_INVALID) or
 * by the cookies, renewing an expired access cookie from the refresh cookie. NULL: not sent. Outside
 * transactions, in any pool. */
enum err session_resolve(struct op *op, const char *bearer, const char *access_cookie,
                         const char *refresh_cookie, struct session_found *out) MUST_CHECK;

/* Starts a session; in the transaction of the log-in. `agent`: the User-Agent, may be NULL. */
enum err session_open(struct op *op, enum actor_kind kind, int64_t id, const char *agent,
                      struct session_tokens *out) MUST_CHECK;
/* Exchanges a refresh token; ERR_TOKEN_INVALID. Outside transactions: ending the session of a
 * reused token stays although the answer is an error. */
enum err session_refresh(struct op *op, const char *token, struct session_tokens *out) MUST_CHECK;
/* Ends the session of a refresh token, or does nothing: log-out never fails. */
enum err session_end_by_token(struct op *op, const char *token) MUST_CHECK;
enum err session_end(struct op *op, int64_t session_id, const char *reason) MUST_CHECK;
/* One of the caller's own (op->actor): ERR_NOT_FOUND otherwise. */
enum err session_end_own(struct op *op, int64_t session_id) MUST_CHECK;
/* All of a person's, except `keep` (0: none). */
enum err session_end_all(struct op *op, enum actor_kind kind, int64_t id, int64_t keep,
                         const char *reason) MUST_CHECK;
/* {items: [{id, current, client, agent, created_at, last_used_at}]} of a person, newest first. */
enum err session_list(struct op *op, enum actor_kind kind, int64_t id, int64_t current,
                      struct view *out) MUST_CHECK;
/* Whether the session saw a code or password within the last ten minutes. */
enum err session_proved(struct op *op, int64_t session_id, bool *recently) MUST_CHECK;
enum err session_prove(struct op *op, int64_t session_id) MUST_CHECK;

#endif
