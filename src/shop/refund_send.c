/* Sending refunds: single flight per payment, committed as sent before the call, and after a time-out
 * resolved only by inquiry. */
#include "shop/refund.h"

#include <string.h>

#include "core/log.h"
#include "core/test_hooks.h"
#include "db/db.h"
#include "db/tx.h"
#include "shop/refund_row.h"

struct sending {
    struct refund_way w;
    const char *event, *to, *reference; /* the move to make */
};

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

static enum err mark_sent(struct op *op, void *arg)
{
    struct sending *s = arg;
    TRY(refund_lock(op, &s->w));
    if (!is(s->w.status, "requested") || s->w.busy)
        return ERR_OK;
    db_queue(op, Q_REFUND_MOVE, P_INT(s->w.id), P_INT(s->w.version), P_TEXT("send"), P_TEXT("sent"), P_NULL);
    s->w.version++;
    return ERR_OK;
}

static enum err move(struct op *op, void *arg)
{
    struct sending *s = arg;
    const char *event = s->event, *to = s->to;
    TRY(refund_lock(op, &s->w));
    if (!is(s->w.status, "sent") && !is(s->w.status, "unknown"))
        return ERR_OK;
    if (is(s->w.status, "unknown") && is(event, "lose"))
        return ERR_OK;
    db_queue(op, Q_REFUND_MOVE, P_INT(s->w.id), P_INT(s->w.version), P_TEXT(event), P_TEXT(to), P_TEXT(s->reference));
    if (is(to, "done"))
        refund_post(op, &s->w, REFUND_LEG_GATEWAY);
    if (is(to, "done") || is(to, "awaiting_transfer"))
        refund_tell(op, &s->w, "refund_done");
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
    const struct gateway *g = gateway_find(s->w.gateway);
    struct gateway_refund in = refund_for_bank(op, &s->w);
    if (!g || !g->refund)
        return GATEWAY_REFUSED;
    if (is(s->w.status, "requested"))
        return g->refund(op, &in, &s->reference, problem);
    enum gateway_outcome found = g->refund_inquire(op, &in, &s->reference, problem);
    if (found != GATEWAY_NOT_SENT || !s->w.fresh)
        return found;
    *problem = "the bank does not know it yet";
    return GATEWAY_UNCLEAR;
}

enum err refund_send(struct op *op, int64_t refund_id)
{
    struct rows r;
    struct sending s = { .w.id = refund_id };
    const char *problem = NULL;
    TRY(db_query(op, &r, Q_REFUND_ROUTE_ID, P_INT(refund_id)));
    if (r.count == 0)
        return err_internal(op, ERR_NOT_FOUND, "refund %lld", (long long)refund_id);
    s.w.customer = row_int(&r, 0, "customer_id");
    s.w.order = row_int_or(&r, 0, "order_id", 0);
    TRY(db_tx(op, mark_sent, &s));
    if (s.w.busy)
        return err_internal(op, ERR_BUSY, "another refund of the payment is on its way");
    if (!is(s.w.status, "requested") && !is(s.w.status, "sent") && !is(s.w.status, "unknown"))
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
    if (outcome == GATEWAY_REFUSED)
        log_event(LOG_WARNING, "the bank refuses a refund", LOG_I("refund", refund_id), LOG_S("said", problem));
    if (outcome == GATEWAY_DONE || outcome == GATEWAY_REFUSED)
        return ERR_OK;
    return err_internal(op, ERR_GATEWAY_UNAVAILABLE, "%s", problem ? problem : "no clear answer");
}

struct transfer {
    struct refund_way w;
    const char *reference;
};

static enum err transfer(struct op *op, void *arg)
{
    struct transfer *t = arg;
    TRY(refund_lock(op, &t->w));
    if (!is(t->w.status, "awaiting_transfer"))
        return err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
    db_queue(op, Q_REFUND_MOVE, P_INT(t->w.id), P_INT(t->w.version), P_TEXT("transfer"), P_TEXT("done"), P_TEXT(t->reference));
    refund_post(op, &t->w, REFUND_LEG_TRANSFER);
    refund_tell(op, &t->w, "refund_done");
    return ERR_OK;
}

enum err refund_transferred(struct op *op, const char *uuid, const char *reference)
{
    struct rows r;
    TRY(db_query(op, &r, Q_REFUND_ROUTE, P_TEXT(uuid)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    struct transfer t = { .reference = reference, .w = { .id = row_int(&r, 0, "id"),
        .customer = row_int(&r, 0, "customer_id"), .order = row_int_or(&r, 0, "order_id", 0) } };
    return db_tx(op, transfer, &t);
}
