/* One-time codes by SMS. A code belongs to a phone and is sent at most once in two minutes; a
 * challenge is somebody's right to answer with it. Wrong answers burn the challenge they were given
 * to and no other, so a stranger cannot lock anybody out; over a limit a solved captcha gives a
 * challenge of one's own for the code already sent. Nothing here depends on whether an account
 * exists, except whether a spent budget still pays for the SMS, which nobody can see. */
#ifndef AUTH_OTP_H
#define AUTH_OTP_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/limits.h"
#include "core/err.h"
#include "core/str.h"

struct view;

enum otp_purpose {
    OTP_LOGIN,
    OTP_PROVE, /* a logged-in customer shows that it is them */
    OTP_PHONE, /* a customer takes another number */
};

struct otp_wanted {
    const char *phone; /* E.164 */
    enum otp_purpose purpose;
    int64_t customer_id; /* 0 for a log-in */
    bool captcha;        /* solved for this request */
};

struct otp_challenge {
    const char *id;       /* uuid */
    int64_t resend_after; /* seconds until the next SMS may be asked for */
    int64_t expires_in;   /* seconds the code is good */
};

/* Makes a challenge and, unless it shares a code already sent, the code and its SMS job.
 * ERR_RATE_LIMITED with the true wait. In a transaction. Worker processes. */
enum err otp_request(struct op *op, const struct otp_wanted *wanted, struct otp_challenge *out) MUST_CHECK;

struct otp_proof {
    const char *code_id;
    int64_t attempts_left;
};

/* Spends one attempt of the challenge and compares: ERR_CODE_INVALID for a wrong code (with
 * params.attempts_left) and, without telling which, for an unknown, burnt, expired or foreign
 * challenge. Outside transactions: the attempt stays spent. */
enum err otp_try(struct op *op, const char *challenge, const char *phone, const char *code,
                 enum otp_purpose purpose, int64_t customer_id, struct otp_proof *out) MUST_CHECK;
/* Uses the code up; in the transaction of what it permits. ERR_CODE_INVALID when it was used. */
enum err otp_take(struct op *op, const struct otp_proof *proof) MUST_CHECK;

/* Job "sms_code": sends the code. ERR_OK when nothing is left to do. Job processes. */
enum err otp_send(struct op *op, const struct view *payload) MUST_CHECK;

/* Staff: a phone's waits {wait: seconds until a request without captcha passes, since_sms, day_sent,
 * day_limit, unproved}, nothing when it never asked; and lifting them. */
enum err otp_waits(struct op *op, const char *phone, struct view *out) MUST_CHECK;
enum err otp_lift(struct op *op, const char *phone) MUST_CHECK;

/* Pure parts. */
struct otp_state {
    int64_t since_sms;   /* seconds since the last SMS; -1: never */
    int64_t day_sent;    /* SMS in the present 24 hours */
    int64_t day_left;    /* seconds until those 24 hours are over */
    int64_t unproved;    /* SMS since the last right code */
    bool code_alive;     /* the last code is neither used nor expired */
    int64_t code_left;   /* seconds it is good */
    int64_t challenges;  /* that share it */
    bool known;          /* the phone has an account */
    int64_t strangers;   /* SMS to strangers in this hour, shop-wide */
    int64_t hour_left;   /* seconds until the hour is over */
};
enum otp_step {
    OTP_SEND,     /* a new code goes out */
    OTP_WITHHOLD, /* the same for the asker, but no SMS: the budget for strangers is spent */
    OTP_SHARE,    /* a challenge for the code already sent */
    OTP_REFUSE,
};
struct otp_decision {
    enum otp_step step;
    int64_t wait;        /* REFUSE: seconds until the same request would pass */
    bool captcha_helps;  /* REFUSE: with a captcha it would pass now */
};
struct otp_decision otp_decide(const struct limits *limits, const struct otp_state *state, bool captcha);
/* Keyed hash of a code, bound to its row and phone; hex. */
const char *otp_hash(struct arena *a, struct str key, const char *code_id, const char *phone,
                     const char *code);

#endif
