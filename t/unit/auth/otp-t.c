/* One-time codes: when one is sent, shared, withheld or must wait; the keyed hash. */
#include "auth/otp.h"

#include "core/arena.h"
#include "tap.h"

static struct limits limits;

static struct otp_state fresh(void)
{
    return (struct otp_state){ .since_sms = -1, .hour_left = 1800 };
}

static struct otp_state sent(int64_t seconds_ago)
{
    return (struct otp_state){ .since_sms = seconds_ago, .day_sent = 1, .day_left = 86000, .unproved = 1,
                               .code_alive = true, .code_left = 200, .challenges = 1, .hour_left = 1800 };
}

static void decides(struct otp_state s, bool captcha, enum otp_step step, int64_t wait, bool helps, const char *name)
{
    struct otp_decision d = otp_decide(&limits, &s, captcha);
    if (ok(d.step == step, "%s", name) && step == OTP_REFUSE) {
        is_int(d.wait, wait, "  the true wait");
        is_int(d.captcha_helps, helps, "  whether a captcha helps");
    }
}

int main(void)
{
    struct otp_state s;
    limits_default(&limits);
    decides(fresh(), false, OTP_SEND, 0, false, "a phone never seen");
    decides(sent(1), false, OTP_REFUSE, 119, true, "a second later");
    decides(sent(119), false, OTP_REFUSE, 1, true, "a second too early");
    decides(sent(120), false, OTP_SEND, 0, false, "after two minutes");
    decides(sent(1), true, OTP_SHARE, 0, false, "with a captcha: a challenge for the code already sent");
    s = sent(30);
    s.code_alive = false;
    decides(s, true, OTP_REFUSE, 90, false, "the code was used: nothing to share, nothing is sent");
    decides(s, false, OTP_REFUSE, 90, false, "and no captcha is asked for in vain");
    s = sent(30);
    s.challenges = limits.otp_challenges;
    decides(s, true, OTP_REFUSE, 90, false, "enough challenges for one code");
    s = sent(130);
    s.unproved = limits.otp_patience + 1;
    decides(s, false, OTP_REFUSE, 110, true, "the wait doubles when nobody answers");
    decides(s, true, OTP_SEND, 0, false, "but never for one who solves a captcha");
    s.unproved = 60;
    decides(s, false, OTP_REFUSE, 3600 - 130, true, "and has an end");
    s = sent(4000);
    s.day_sent = limits.otp_daily;
    decides(s, false, OTP_REFUSE, 86000, true, "the daily cap asks for a captcha");
    decides(s, true, OTP_SEND, 0, false, "and is no locked door");
    s = fresh();
    s.strangers = limits.sms_strangers_hour;
    decides(s, false, OTP_REFUSE, 1800, true, "the shop's budget for strangers asks for a captcha");
    decides(s, true, OTP_SEND, 0, false, "then pays");
    s.known = true;
    decides(s, false, OTP_REFUSE, 1800, true, "the same answer for a known number");
    s.strangers = 2 * limits.sms_strangers_hour;
    decides(s, true, OTP_SEND, 0, false, "a known number gets its SMS whatever strangers spent");
    s.known = false;
    decides(s, true, OTP_WITHHOLD, 0, false, "a stranger's is withheld, with the same answer");
    struct arena *a = arena_create("test");
    struct str key = STR("pepper");
    const char *hash = otp_hash(a, key, "c1", "+989120000000", "123456");
    is_int((int64_t)strlen(hash), 64, "a hash of 256 bits");
    is_str(otp_hash(a, key, "c1", "+989120000000", "123456"), hash, "the same code, the same hash");
    ok(strcmp(hash, otp_hash(a, key, "c2", "+989120000000", "123456")) != 0, "bound to its row");
    ok(strcmp(hash, otp_hash(a, key, "c1", "+989120000001", "123456")) != 0, "bound to the phone");
    ok(strcmp(hash, otp_hash(a, key, "c1", "+989120000000", "123457")) != 0, "bound to the code");
    ok(strcmp(hash, otp_hash(a, STR("other"), "c1", "+989120000000", "123456")) != 0, "keyed");
    arena_destroy(a);
    return done();
}
