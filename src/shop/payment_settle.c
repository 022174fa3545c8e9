/* Settling a payment: ask the bank, then decide under the locks. The table `decisions` is the whole
 * policy of late, double and wrong money. */
#include "shop/payment.h"

#include <string.h>

#include "core/arena.h"
#include "core/metrics.h"
#include "core/money.h"
#include "core/test_hooks.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "db/outbox.h"
#include "db/tx.h"
#include "shop/gateway.h"
#include "shop/ledger.h"
#include "shop/order_event.h"
#include "shop/refund.h"

#define UNKNOWN_NEWS_SECONDS 90 /* most banks find their tongue again before that */

struct settle {
    int64_t id, order, customer, amount;
    const char *number, *uuid;
    const char *gateway; /* NULL: a transfer to the shop's bank */
    struct gateway_report report;
    enum settle_outcome outcome;
};

const char *settle_outcome_name(unsigned outcome)
{
    static const char *const names[SETTLE_COUNT] = {
        [SETTLE_CAPTURED] = "captured", [SETTLE_SUSPENSE] = "suspense", [SETTLE_FAILED] = "failed",
        [SETTLE_PENDING] = "pending", [SETTLE_UNKNOWN] = "unknown", [SETTLE_NOTHING] = "nothing",
    };
    return outcome < SETTLE_COUNT ? names[outcome] : "other";
}

static bool is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* News that may be old soon is sent after `delay` seconds, and only if it is still true then. */
static void tell_customer(struct op *op, const struct settle *s, const char *message, int64_t delay)
{
    struct view *payload = view_new(op->arena);
    view_int(payload, "order_id", s->order);
    view_int(payload, "payment_id", s->id);
    view_text(payload, "message", message);
    outbox_add(op, "order_message", arena_printf(op->arena, "%s:%lld", message, (long long)s->id), payload, delay);
}

/* Money that fits nothing: booked in the bank's currency, on its way home at once. */
static enum err suspend(struct op *op, struct settle *s, int64_t version, const char *reason)
{
    int64_t a[SOURCE_COUNT] = { 0 };
    a[s->gateway ? SOURCE_RECEIVED_RIAL : SOURCE_TRANSFERRED_RIAL] = s->report.amount_rial;
    db_queue(op, Q_PAYMENT_SUSPENSE, P_INT(s->id), P_INT(version), P_TEXT(s->report.reference), P_TEXT(s->report.card),
             P_INT(s->report.amount_rial), P_TEXT(reason));
    ledger_post(op, LEDGER_SUSPENSE_IN, &(struct ledger_refs){ .order = s->order, .payment = s->id }, a);
    s->outcome = SETTLE_SUSPENSE;
    tell_customer(op, s, "payment_suspense", 0);
    return refund_suspense(op, s->id, s->order, s->customer, s->report.amount_rial, s->gateway, reason);
}

static enum err capture(struct op *op, struct settle *s, struct order_facts *o, const char *event)
{
    struct order_payment *p = order_payment(o, s->id);
    db_queue(op, Q_PAYMENT_CAPTURED, P_INT(s->id), P_INT(p->version), P_TEXT(s->report.reference), P_TEXT(s->report.card),
             P_INT(s->report.amount_rial));
    p->captured = p->amount;
    s->outcome = SETTLE_CAPTURED;
    return order_event(op, o, &(struct order_event){ .event = event });
}

/* Why the money cannot count; NULL: it can. */
static const char *mismatch(const struct settle *s)
{
    if (s->report.amount_rial != s->amount * MONEY_RIAL_PER_TOMAN)
        return "amount_mismatch";
    if (s->report.order_ref && s->report.order_ref[0] && !is(s->report.order_ref, s->number) && !is(s->report.order_ref, s->uuid))
        return "order_mismatch";
    return NULL;
}

static enum err paid_for_order(struct op *op, struct settle *s, struct order_facts *o)
{
    struct order_payment *p = order_payment(o, s->id);
    const char *wrong = mismatch(s);
    bool revive = false;
    if (is(p->status, "captured") || is(p->status, "suspense"))
        return ERR_OK;
    if (wrong)
        return suspend(op, s, p->version, wrong);
    if (is(o->status, "pending"))
        return capture(op, s, o, "capture");
    if (is(o->status, "canceled") && is(o->cancel_reason, "expired")) {
        TRY(order_lock_goods(op, o));
        TRY(order_can_be_revived(op, o, &revive));
        if (revive)
            return capture(op, s, o, "late_capture");
    }
    return suspend(op, s, p->version, is(o->status, "canceled") ? "order_canceled" : "paid_twice");
}

enum err payment_received(struct op *op, struct order_facts *o, int64_t payment_id, const struct gateway_report *found,
                          enum settle_outcome *outcome)
{
    struct settle s = { .id = payment_id, .order = o->id, .customer = o->customer_id, .number = o->number,
        .amount = order_payment(o, payment_id)->amount, .report = *found, .outcome = SETTLE_NOTHING };
    TRY(paid_for_order(op, &s, o));
    *outcome = s.outcome;
    metrics_add(METRIC_SETTLEMENTS, s.outcome, 1);
    return ERR_OK;
}

/* Not paid: the attempt ends, or waits. Who was left in the dark is told when that stays so, and how it
 * ended. */
static enum err not_paid(struct op *op, struct settle *s, const char *status, int64_t version)
{
    static const struct {
        enum gateway_state state;
        const char *event, *to;
        enum settle_outcome outcome;
    } moves[] = {
        { GATEWAY_FAILED, "fail", "failed", SETTLE_FAILED },
        { GATEWAY_REVERSED, "fail", "failed", SETTLE_FAILED },
        { GATEWAY_CANCELED, "cancel", "canceled", SETTLE_FAILED },
        { GATEWAY_UNKNOWN, "lose", "unknown", SETTLE_UNKNOWN },
    };
    s->outcome = SETTLE_PENDING;
    db_queue(op, Q_PAYMENT_CHECKED, P_INT(s->id));
    if (!is(status, "created") && !is(status, "redirected") && !is(status, "unknown"))
        return ERR_OK;
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
        if (moves[i].state == s->report.state) {
            s->outcome = moves[i].outcome;
            if (is(status, moves[i].to))
                break;
            db_queue(op, Q_PAYMENT_MOVE, P_INT(s->id), P_INT(version), P_TEXT(moves[i].event), P_TEXT(moves[i].to),
                     P_TEXT(s->report.problem));
            if (is(moves[i].to, "unknown"))
                tell_customer(op, s, "payment_unknown", UNKNOWN_NEWS_SECONDS);
            else if (is(status, "unknown"))
                tell_customer(op, s, "payment_failed", 0);
        }
    return ERR_OK;
}

static enum err decide_for_order(struct op *op, struct settle *s)
{
    struct order_facts o;
    TRY(order_lock(op, s->order, false, &o)); /* a capture moves no goods: buyers of a hot variant do not wait for it */
    struct order_payment *p = order_payment(&o, s->id);
    if (s->report.state == GATEWAY_PAID)
        return paid_for_order(op, s, &o);
    return not_paid(op, s, p->status, p->version);
}

static enum err decide_for_topup(struct op *op, struct settle *s)
{
    struct lock_set locks = { .n = 0 };
    struct rows r;
    int64_t a[SOURCE_COUNT] = { 0 };
    lock_add(&locks, LOCK_CUSTOMER, s->customer);
    lock_queue(op, &locks);
    TRY(db_query(op, &r, Q_PAYMENT_LOCK, P_INT(s->id)));
    const char *status = row_text(&r, 0, "status");
    int64_t version = row_int(&r, 0, "version");
    if (s->report.state != GATEWAY_PAID)
        return not_paid(op, s, status, version);
    if (is(status, "captured") || is(status, "suspense"))
        return ERR_OK;
    if (mismatch(s))
        return suspend(op, s, version, mismatch(s));
    db_queue(op, Q_PAYMENT_CAPTURED, P_INT(s->id), P_INT(version), P_TEXT(s->report.reference), P_TEXT(s->report.card),
             P_INT(s->report.amount_rial));
    db_queue(op, Q_TOPUP_CREDIT, P_INT(s->customer), P_INT(s->amount), P_INT(s->id));
    a[SOURCE_GATEWAY_PAID] = s->amount;
    ledger_post(op, LEDGER_TOPUP, &(struct ledger_refs){ .payment = s->id }, a);
    tell_customer(op, s, "topup_paid", 0);
    s->outcome = SETTLE_CAPTURED;
    return ERR_OK;
}

static enum err decide(struct op *op, void *arg)
{
    struct settle *s = arg;
    s->outcome = SETTLE_NOTHING;
    return s->order ? decide_for_order(op, s) : decide_for_topup(op, s);
}

/* A sum that no payment can have is no answer. */
static void doubt(struct gateway_report *r)
{
    bool possible = r->amount_rial > 0 && r->amount_rial <= MONEY_MAX * MONEY_RIAL_PER_TOMAN;
    if (r->state != GATEWAY_PAID || possible)
        return;
    r->state = GATEWAY_UNKNOWN;
    r->problem = "the bank names a sum that cannot be";
}

/* Money that does not fit is believed only when the bank says it twice: of two answers that differ the
 * inquiry's counts, and without one the bank is asked again another time. */
static void ask(struct op *op, const struct gateway *g, const char *ref, struct settle *s)
{
    struct gateway_question q = { .ref = ref, .amount_rial = s->amount * MONEY_RIAL_PER_TOMAN };
    struct gateway_report again = { 0 };
    g->verify(op, &q, &s->report);
    if (s->report.state != GATEWAY_PAID || !mismatch(s))
        return;
    g->inquire(op, &q, &again);
    if (again.state != GATEWAY_PAID)
        again.state = GATEWAY_UNKNOWN;
    s->report = again;
    doubt(&s->report);
}

enum err payment_settle(struct op *op, int64_t payment_id, enum settle_outcome *outcome)
{
    struct rows r;
    struct actor caller = op->actor;
    *outcome = SETTLE_NOTHING;
    TRY(db_query(op, &r, Q_PAYMENT_ROUTE, P_INT(payment_id)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    const char *status = row_text(&r, 0, "status"), *ref = row_text(&r, 0, "gateway_ref");
    const struct gateway *g = gateway_find(row_text(&r, 0, "gateway"));
    if (!g || !ref || is(status, "captured") || is(status, "suspense"))
        return ERR_OK;
    struct settle s = { .id = payment_id, .order = row_int_or(&r, 0, "order_id", 0), .customer = row_int(&r, 0, "customer_id"),
        .amount = row_int(&r, 0, "amount"), .number = row_text(&r, 0, "number"), .uuid = row_text(&r, 0, "uuid"), .gateway = g->name };
    ask(op, g, ref, &s);
    test_point("settle_verified");
    op->actor = (struct actor){ .kind = ACTOR_SYSTEM, .name = caller.name ? caller.name : "settle" };
    enum err e = db_tx(op, decide, &s);
    op->actor = caller;
    if (e)
        return e;
    *outcome = s.outcome;
    metrics_add(METRIC_SETTLEMENTS, s.outcome, 1);
    return ERR_OK;
}

enum err payment_by_callback(struct op *op, const char *token, int64_t *id, const char **result_token)
{
    struct rows r;
    TRY(db_query(op, &r, Q_PAYMENT_BY_CALLBACK, P_TEXT(token)));
    *id = r.count ? row_int(&r, 0, "id") : 0;
    *result_token = r.count ? row_text(&r, 0, "result_token") : NULL;
    return ERR_OK;
}
