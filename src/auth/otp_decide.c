/* One-time codes: when one may be sent, shared or must wait. Pure. */
#include "auth/otp.h"

#include "core/arena.h"
#include "core/crypto.h"

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The wait doubles with every message nobody answered, from the ordinary one up to the longest. */
static int64_t escalated(const struct limits *l, int64_t unproved)
{
    int64_t wait = l->otp_resend_seconds;
    for (int64_t i = l->otp_patience; i < unproved && wait < l->otp_longest_wait; i++)
        wait *= 2;
    return wait < l->otp_longest_wait ? wait : later(l->otp_longest_wait, l->otp_resend_seconds);
}

/* Seconds until a request without captcha would be sent; 0: now. */
static int64_t plain_wait(const struct limits *l, const struct otp_state *s)
{
    int64_t wait = 0;
    if (s->since_sms >= 0)
        wait = later(wait, escalated(l, s->unproved) - s->since_sms);
    if (s->day_sent >= l->otp_daily)
        wait = later(wait, s->day_left);
    if (s->strangers >= l->sms_strangers_hour)
        wait = later(wait, s->hour_left);
    return wait;
}

struct otp_decision otp_decide(const struct limits *l, const struct otp_state *s, bool captcha)
{
    int64_t hard = s->since_sms >= 0 ? l->otp_resend_seconds - s->since_sms : 0;
    int64_t plain = plain_wait(l, s);
    bool shareable = s->code_alive && s->challenges < l->otp_challenges;
    if (hard > 0) { /* inside the two minutes nothing is sent, whoever asks */
        if (captcha && shareable)
            return (struct otp_decision){ .step = OTP_SHARE };
        return (struct otp_decision){ .step = OTP_REFUSE, .wait = captcha ? hard : plain,
                                      .captcha_helps = !captcha && shareable };
    }
    if (plain > 0 && !captcha)
        return (struct otp_decision){ .step = OTP_REFUSE, .wait = plain, .captcha_helps = true };
    if (!s->known && s->strangers >= 2 * l->sms_strangers_hour)
        return (struct otp_decision){ .step = OTP_WITHHOLD };
    return (struct otp_decision){ .step = OTP_SEND };
}

const char *otp_hash(struct arena *a, struct str key, const char *code_id, const char *phone,
                     const char *code)
{
    return crypto_hmac_sha256_hex(a, key, str_of(arena_printf(a, "%s|%s|%s", code_id, phone, code)));
}
