/* Sending refunds: single flight per payment, committed as sent before the call, and after a time-out
 * resolved only by inquiry. */
#include "shop/refund.h"

#include <string.h>

#include "core/arena.h"
#include "core/money.h"
#include "core/test_hooks.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "db/outbox.h"
#include "db/tx.h"
#include "shop/gateway.h"
#include "shop/ledger.h"

struct sending {
    int64_t id, version, payment, order, customer, amount;
    const char *status, *currency, *gateway, *ref, *card, *others;
    const char *event, *to, *reference; /* the move to make */
    bool busy;
    bool fresh; /* sent so lately that the bank may not have acted yet */
};

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/* Owner, then order, then the refund's own row. */
static enum err lock(struct op *op, struct sending *s)
{
    struct lock_set locks = { .n = 0 };
    struct rows r;
    lock_add(&locks, LOCK_CUSTOMER, s->customer);
    if (s->order)
        lock_add(&locks, LOCK_ORDER, s->order);
    lock_queue(op, &locks);
    TRY(db_query(op, &r, Q_REFUND_LOCK, P_INT(s->id)));
    s->version = row_int(&r, 0, "version");
    s->payment = row_int(&r, 0, "payment_id");
    s->amount = row_int(&r, 0, "amount");
    s->status = row_text(&r, 0, "status");
    s->currency = row_text(&r, 0, "currency");
    s->gateway = row_text(&r, 0, "gateway");
    s->ref = row_text(&r, 0, "gateway_ref");
    s->card = row_text(&r, 0, "card");
    s->others = row_text(&r, 0, "others");
    s->busy = row_int(&r, 0, "in_flight") > 0;
    s->fresh = row_bool(&r, 0, "fresh");
    return ERR_OK;
}

static enum err mark_sent(struct op *op, void *arg)
{
    struct sending *s = arg;
    TRY(lock(op, s));
    if (!is(s->status, "requested") || s->busy)
        return ERR_OK;
    db_queue(op, Q_REFUND_MOVE, P_INT(s->id), P_INT(s->version), P_TEXT("send"), P_TEXT("sent"), P_NULL);
    s->version++;
    return ERR_OK;
}

/* The books follow the money: payable goes down by what left. */
static void post(struct op *op, const struct sending *s, bool by_transfer)
{
    int64_t a[SOURCE_COUNT] = { 0 };
    bool rial = is(s->currency, "IRR");
    a[rial ? SOURCE_RECEIVED_RIAL : SOURCE_REFUND_AMOUNT] = s->amount;
    static const enum ledger_event events[2][2] = {
        { LEDGER_REFUND_TO_GATEWAY, LEDGER_REFUND_BY_TRANSFER },
        { LEDGER_SUSPENSE_TO_GATEWAY, LEDGER_SUSPENSE_BY_TRANSFER },
    };
    ledger_post(op, events[rial][by_transfer],
                &(struct ledger_refs){ .order = s->order, .payment = s->payment, .refund = s->id }, a);
}

static void tell_customer(struct op *op, const struct sending *s, const char *what)
{
    struct view *payload = view_new(op->arena);
    view_int(payload, "refund_id", s->id);
    outbox_add(op, "refund_message", arena_printf(op->arena, "%s:%lld", what, (long long)s->id), payload, 0);
}

static enum err move(struct op *op, void *arg)
{
    struct sending *s = arg;
    const char *event = s->event, *to = s->to;
    TRY(lock(op, s));
    if (!is(s->status, "sent") && !is(s->status, "unknown"))
        return ERR_OK;
    if (is(s->status, "unknown") && is(event, "lose"))
        return ERR_OK;
    db_queue(op, Q_REFUND_MOVE, P_INT(s->id), P_INT(s->version), P_TEXT(event), P_TEXT(to), P_TEXT(s->reference));
    if (is(to, "done"))
        post(op, s, false);
    if (is(to, "done") || is(to, "awaiting_transfer"))
        tell_customer(op, s, to);
    return ERR_OK;
}

static const struct {
    enum gateway_outcome outcome;
    const char *event, *to;
} after[] = {
    { GATEWAY_DONE, "complete", "done" },
    { GATEWAY_REFUSED, "refuse", "awaiting_transfer" },
    { GATEWAY_NOT_SENT, "retry", "requested" },
    { GATEWAY_UNCLEAR, "lose", "unknown" },
};

/* A first question sends. After that only the bank's own list counts, and "never heard of it" only
 * when the request cannot be on its way any more: else it would be sent twice. */
static enum gateway_outcome ask(struct op *op, struct sending *s, const char **problem)
{
    const struct gateway *g = gateway_find(s->gateway);
    struct gateway_refund in = { .ref = s->ref, .card = s->card, .others = s->others,
        .description = arena_printf(op->arena, "refund %lld", (long long)s->id),
        .amount_rial = is(s->currency, "IRR") ? s->amount : s->amount * MONEY_RIAL_PER_TOMAN };
    if (!g || !g->refund)
        return GATEWAY_REFUSED;
    if (is(s->status, "requested"))
        return g->refund(op, &in, &s->reference, problem);
    enum gateway_outcome found = g->refund_inquire(op, &in, &s->reference, problem);
    if (found != GATEWAY_NOT_SENT || !s->fresh)
        return found;
    *problem = "the bank does not know it yet";
    return GATEWAY_UNCLEAR;
}

enum err refund_send(struct op *op, int64_t refund_id)
{
    struct rows r;
    struct sending s = { .id = refund_id };
    const char *problem = NULL;
    TRY(db_query(op, &r, Q_REFUND_ROUTE_ID, P_INT(refund_id)));
    if (r.count == 0)
        return err_internal(op, ERR_NOT_FOUND, "refund %lld", (long long)refund_id);
    s.customer = row_int(&r, 0, "customer_id");
    s.order = row_int_or(&r, 0, "order_id", 0);
    TRY(db_tx(op, mark_sent, &s));
    if (s.busy)
        return err_internal(op, ERR_BUSY, "another refund of the payment is on its way");
    if (!is(s.status, "requested") && !is(s.status, "sent") && !is(s.status, "unknown"))
        return ERR_OK;
    test_point("refund_marked_sent");
    enum gateway_outcome outcome = ask(op, &s, &problem);
    test_point("refund_answered");
    for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++)
        if (after[i].outcome == outcome) {
            s.event = after[i].event;
            s.to = after[i].to;
        }
    TRY(db_tx(op, move, &s));
    if (outcome == GATEWAY_DONE || outcome == GATEWAY_REFUSED)
        return ERR_OK;
    return err_internal(op, ERR_GATEWAY_UNAVAILABLE, "%s", problem ? problem : "no clear answer");
}

struct transfer {
    struct sending s;
    const char *reference;
};

static enum err transfer(struct op *op, void *arg)
{
    struct transfer *t = arg;
    TRY(lock(op, &t->s));
    if (!is(t->s.status, "awaiting_transfer"))
        return err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
    db_queue(op, Q_REFUND_MOVE, P_INT(t->s.id), P_INT(t->s.version), P_TEXT("transfer"), P_TEXT("done"), P_TEXT(t->reference));
    post(op, &t->s, true);
    tell_customer(op, &t->s, "done");
    return ERR_OK;
}

enum err refund_transferred(struct op *op, const char *uuid, const char *reference)
{
    struct rows r;
    TRY(db_query(op, &r, Q_REFUND_ROUTE, P_TEXT(uuid)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    struct transfer t = { .reference = reference, .s = { .id = row_int(&r, 0, "id"),
        .customer = row_int(&r, 0, "customer_id"), .order = row_int_or(&r, 0, "order_id", 0) } };
    return db_tx(op, transfer, &t);
}
