/* Handlers and input schemas of logging in and out, the account, and what staff do with people: what
 * identity.def names. Worker processes. */
#ifndef ROUTES_IDENTITY_H
#define ROUTES_IDENTITY_H

#include "http/request.h"
#include "http/schema.h"

#define COOKIE_CART "__Host-cart"

#define ROUTE(id, method, pattern, pool, policy, rate, input, query, flags, template, handler) route_handler handler;
#include "routes/identity.def"
#undef ROUTE
extern const struct schema otp_request_in, otp_verify_in, refresh_in, logout_in, staff_login_in, login_query;
extern const struct schema account_in, avatar_in, prove_in, phone_request_in, phone_change_in;
extern const struct schema staff_in, staff_change_in, key_in, audit_query, sms_query, customers_query, security_query,
    own_password_in, phone_lift_in;

struct login_query {
    const char *next, *step, *challenge, *phone;
    int64_t resend_after;
};

struct security_query {
    const char *step, *challenge, *phone;
    int64_t resend_after;
};

/* Sets or deletes the session's cookies. */
struct session_tokens;
void identity_set_cookies(struct request *req, const struct session_tokens *tokens);
void identity_drop_cookies(struct request *req);
/* A path of this shop to go on to; `otherwise` when next is absent or leads elsewhere. */
const char *identity_next(const char *next, const char *otherwise);
/* Puts {captcha: {ticket, seconds}} into a form that is shown again. */
enum err identity_offer_ticket(struct request *req, struct view *view) MUST_CHECK;
/* The captcha solution that came with the body; NULL: none. */
const char *identity_altcha(const struct request *req);

#endif
