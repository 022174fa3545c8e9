/* One-time codes by SMS: asking for one and answering with it. */
#include "auth/otp.h"

#include <string.h>

#include "auth/audit.h"
#include "auth/keys.h"
#include "auth/seal.h"
#include "auth/sms_log.h"
#include "core/arena.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "db/outbox.h"

#define CODES 1000000 /* six digits */

static const char *const purposes[] = {
    [OTP_LOGIN] = "login", [OTP_PROVE] = "prove", [OTP_PHONE] = "phone",
};

static struct otp_state state_of(const struct rows *r)
{
    return (struct otp_state){
        .since_sms = row_int_or(r, 0, "since_sms", -1),
        .day_sent = row_int(r, 0, "day_sent"),
        .day_left = row_int(r, 0, "day_left"),
        .unproved = row_int(r, 0, "unproved"),
        .code_alive = row_bool(r, 0, "code_alive"),
        .code_left = row_int_or(r, 0, "code_left", 0),
        .challenges = row_int_or(r, 0, "challenges", 0),
        .known = row_bool(r, 0, "known"),
        .strangers = row_int(r, 0, "strangers"),
        .hour_left = row_int(r, 0, "hour_left"),
    };
}

static enum err read_state(struct op *op, const char *phone, struct otp_state *s, const char **code_id)
{
    struct rows r;
    /* The row's lock is the queue of everybody who asks for this phone; the state is read behind it. */
    db_queue(op, Q_OTP_PHONE_LOCK, P_TEXT(phone));
    TRY(db_query(op, &r, Q_OTP_STATE, P_TEXT(phone)));
    *s = state_of(&r);
    *code_id = row_text(&r, 0, "code_id");
    return ERR_OK;
}

static enum err refuse(struct op *op, const struct otp_decision *d)
{
    metrics_add(METRIC_OTP_REFUSED, 0, 1);
    err_set(op, ERR_RATE_LIMITED, NULL);
    err_retry_after(op, d->wait < 1 ? 1 : (int)d->wait);
    err_param_bool(op, "captcha", d->captcha_helps);
    return ERR_RATE_LIMITED;
}

/* Tells operators once an hour when the budget nears its end and when it is spent, and then the owner:
 * counted behind the budget's lock, each number is reached once. */
static void watch_budget(struct op *op, const struct limits *l, const struct otp_state *s)
{
    int64_t sent = s->strangers + 1, most = l->sms_strangers_hour;
    if (s->known || (sent != most && sent != most * 8 / 10))
        return;
    log_event(LOG_WARNING, sent == most ? "SMS budget for new numbers is spent" : "SMS budget for new numbers is nearly spent",
              LOG_I("sent", sent), LOG_I("budget", most));
    if (sent == most)
        sms_budget_spent(op, most);
}

/* What goes out depends on the budget too, which is read again behind its row's lock: everybody who
 * spends holds it to the commit, so not one message too many is sent. */
static enum err decide(struct op *op, const struct limits *l, struct otp_state *s, bool captcha,
                       struct otp_decision *d)
{
    struct rows r;
    *d = otp_decide(l, s, captcha);
    if (d->step == OTP_REFUSE || d->step == OTP_SHARE)
        return ERR_OK;
    TRY(db_query(op, &r, Q_SMS_BUDGET_LOCK));
    s->strangers = row_int(&r, 0, "strangers");
    *d = otp_decide(l, s, captcha);
    return ERR_OK;
}

/* The row of a new code and, unless withheld, its SMS job. The code itself leaves only sealed. */
static const char *new_code(struct op *op, const char *phone, const struct limits *l, bool known,
                            bool withhold)
{
    const char *id = crypto_uuid(op->arena);
    char *code = arena_printf(op->arena, "%06u", crypto_random_below(CODES));
    struct key key;
    key_get(op->conf, KEY_OTP, 0, &key);
    db_queue(op, Q_OTP_CODE_ADD, P_TEXT(id), P_TEXT(phone),
             P_TEXT(otp_hash(op->arena, key_str(&key), id, phone, code)), P_INT(l->otp_life_seconds));
    db_queue(op, Q_OTP_PHONE_SENT, P_TEXT(phone));
    db_queue(op, Q_SMS_BUDGET_COUNT, P_INT(!known && !withhold), P_INT(known), P_INT(withhold));
    if (!withhold) {
        struct view *payload = view_new(op->arena);
        view_text(payload, "code_id", id);
        view_text(payload, "sealed", seal(op, arena_printf(op->arena, "otp:%s", id), str_of(code)));
        outbox_add(op, "sms_code", id, payload, 0);
    }
    crypto_wipe(code, strlen(code));
    return id;
}

enum err otp_request(struct op *op, const struct otp_wanted *wanted, struct otp_challenge *out)
{
    struct limits limits;
    struct otp_state state;
    const char *code_id;
    TRY(limits_load(op, &limits));
    TRY(read_state(op, wanted->phone, &state, &code_id));
    struct otp_decision d;
    TRY(decide(op, &limits, &state, wanted->captcha, &d));
    if (d.step == OTP_REFUSE)
        return refuse(op, &d);
    bool share = d.step == OTP_SHARE;
    if (!share)
        watch_budget(op, &limits, &state);
    if (!share)
        code_id = new_code(op, wanted->phone, &limits, state.known, d.step == OTP_WITHHOLD);
    out->id = crypto_uuid(op->arena);
    out->resend_after = limits.otp_resend_seconds - (share ? state.since_sms : 0);
    out->expires_in = share ? state.code_left : limits.otp_life_seconds;
    db_queue(op, Q_OTP_CHALLENGE_ADD, P_TEXT(out->id), P_TEXT(code_id), P_TEXT(purposes[wanted->purpose]),
             wanted->customer_id ? P_INT(wanted->customer_id) : P_NULL, P_INT(limits.otp_attempts),
             P_TEXT(op->client ? op->client : ""));
    return db_flush(op);
}

static bool code_fits(struct op *op, const struct rows *r, const char *phone, const char *code)
{
    bool fits = false;
    struct key key;
    for (int g = 0; g < KEY_GENERATIONS && key_get(op->conf, KEY_OTP, g, &key); g++) {
        const char *hash = otp_hash(op->arena, key_str(&key), row_text(r, 0, "code_id"), phone, code);
        fits |= crypto_str_equal(str_of(hash), str_of(row_text(r, 0, "hash")));
    }
    return fits;
}

enum err otp_try(struct op *op, const char *challenge, const char *phone, const char *code,
                 enum otp_purpose purpose, int64_t customer_id, struct otp_proof *out)
{
    struct rows r;
    TRY(db_query(op, &r, Q_OTP_TRY, P_TEXT(challenge), P_TEXT(phone), P_TEXT(purposes[purpose]),
                 P_INT(customer_id)));
    if (r.count == 0)
        return err_set(op, ERR_CODE_INVALID, NULL);
    out->code_id = row_text(&r, 0, "code_id");
    out->attempts_left = row_int(&r, 0, "attempts_left");
    if (code_fits(op, &r, phone, code))
        return ERR_OK;
    err_set(op, ERR_CODE_INVALID, NULL);
    err_param_int(op, "attempts_left", out->attempts_left);
    return ERR_CODE_INVALID;
}

enum err otp_take(struct op *op, const struct otp_proof *proof)
{
    struct rows r;
    TRY(db_query(op, &r, Q_OTP_TAKE, P_TEXT(proof->code_id)));
    return r.count == 1 ? ERR_OK : err_set(op, ERR_CODE_INVALID, NULL);
}

enum err otp_waits(struct op *op, const char *phone, struct view *out)
{
    struct limits limits;
    struct rows r;
    TRY(limits_load(op, &limits));
    TRY(db_query(op, &r, Q_OTP_STATE, P_TEXT(phone)));
    if (r.count == 0)
        return ERR_OK;
    const struct otp_state s = state_of(&r);
    const struct otp_decision d = otp_decide(&limits, &s, false);
    view_int(out, "wait", d.step == OTP_REFUSE ? d.wait : 0);
    view_int(out, "since_sms", s.since_sms);
    view_int(out, "day_sent", s.day_sent);
    view_int(out, "day_limit", limits.otp_daily);
    view_int(out, "unproved", s.unproved);
    return ERR_OK;
}

enum err otp_lift(struct op *op, const char *phone)
{
    audit_write(op, "otp.lift", arena_printf(op->arena, "phone:%s", phone), NULL, NULL);
    return db_exec(op, Q_OTP_LIFT, P_TEXT(phone));
}
