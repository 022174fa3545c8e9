/* Rounds over payments that nobody brings news of: asking the bank, and expiring what is due. One row
 * that cannot be worked on holds up no other, and a slow bank no round: the rest has its turn in the
 * next one. */
#include "shop/payment.h"

#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/test_hooks.h"
#include "db/db.h"
#include "db/tx.h"
#include "shop/order_event.h"

#define ROUND_US INT64_C(45000000) /* with the last question's time well inside a job's lock */

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/* False: the round is over, as *e says. */
static bool go_on(struct op *op, enum err *e, const char *what, int64_t id, int64_t begun)
{
    if (*e && *e != ERR_DB_UNAVAILABLE) {
        log_event(LOG_WARNING, "round passes over", LOG_S("what", what), LOG_I("id", id), LOG_S("error", err_slug(*e)),
                  LOG_S("internal", op->err->internal));
        err_clear(op);
        *e = ERR_OK;
    }
    return !*e && clock_monotonic_us() - begun < ROUND_US;
}

/* One that cannot be settled waits for its next turn like any other. */
static enum err ask_again(struct op *op, int64_t payment)
{
    enum settle_outcome outcome;
    enum err e = payment_settle(op, payment, &outcome);
    if (e && e != ERR_DB_UNAVAILABLE) {
        struct errinfo kept = *op->err;
        err_clear(op);
        TRY(db_exec(op, Q_PAYMENT_CHECKED, P_INT(payment)));
        *op->err = kept;
    }
    return e;
}

enum err payment_reconcile(struct op *op)
{
    struct rows r;
    int64_t begun = clock_monotonic_us();
    enum err e = ERR_OK;
    TRY(db_query(op, &r, Q_PAYMENTS_TO_ASK));
    for (int i = 0; i < r.count; i++) {
        e = ask_again(op, row_int(&r, i, "id"));
        if (!go_on(op, &e, "payment", row_int(&r, i, "id"), begun))
            break;
    }
    return e ? e : payment_abandon(op);
}

static enum err expire(struct op *op, void *arg)
{
    struct order_facts o;
    TRY(order_lock(op, *(int64_t *)arg, true, &o));
    if (!is(o.status, "pending") || !o.expired)
        return ERR_OK;
    for (size_t i = 0; i < o.payment_count; i++) {
        if (is(o.payments[i].status, "in_review") && !test_omits("in_review"))
            return ERR_OK;
        if (is(o.payments[i].status, "redirected") && o.payments[i].young && !o.expiry_extended) {
            db_queue(op, Q_ORDER_EXTEND, P_INT(o.id));
            return ERR_OK;
        }
    }
    return order_event(op, &o, &(struct order_event){ .event = "expire", .cancel_reason = "expired" });
}

/* No answer does not stop expiry: late money is taken care of. */
static enum err ask_and_expire(struct op *op, int64_t order, int64_t payment)
{
    enum settle_outcome outcome = SETTLE_NOTHING;
    if (payment && payment_settle(op, payment, &outcome) != ERR_OK)
        err_clear(op);
    return outcome == SETTLE_CAPTURED ? ERR_OK : db_tx(op, expire, &order);
}

enum err payment_expire_orders(struct op *op)
{
    struct rows r;
    int64_t begun = clock_monotonic_us();
    enum err e = ERR_OK;
    TRY(db_query(op, &r, Q_ORDERS_DUE_EXPIRY));
    for (int i = 0; i < r.count; i++) {
        int64_t order = row_int(&r, i, "id");
        e = ask_and_expire(op, order, row_int_or(&r, i, "ask", 0));
        if (!go_on(op, &e, "order", order, begun))
            break;
    }
    return e;
}
