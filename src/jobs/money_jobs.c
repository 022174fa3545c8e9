/* Jobs that move money or ask about it. */
#include "core/view.h"
#include "db/lock.h"
#include "db/tx.h"
#include "jobs/jobs.h"
#include "shop/payment.h"
#include "shop/refund.h"

enum err job_payment_settle(struct op *op, const struct view *payload)
{
    enum settle_outcome outcome;
    TRY(payment_settle(op, view_get_int(payload, "payment_id", 0), &outcome));
    if (outcome == SETTLE_UNKNOWN)
        return err_internal(op, ERR_GATEWAY_UNAVAILABLE, "the bank gave no clear answer");
    return ERR_OK;
}

enum err job_refund_send(struct op *op, const struct view *payload)
{
    return refund_send(op, view_get_int(payload, "refund_id", 0));
}

enum err job_refund_follow(struct op *op, const struct view *payload)
{
    (void)payload;
    return refund_follow(op);
}

enum err job_order_expire(struct op *op, const struct view *payload)
{
    (void)payload;
    return payment_expire_orders(op);
}

enum err job_payment_reconcile(struct op *op, const struct view *payload)
{
    (void)payload;
    return payment_reconcile(op);
}

static enum err seal(struct op *op, void *arg)
{
    (void)arg;
    struct lock_set locks = { .n = 0 };
    lock_add_named(&locks, "invoice_seal");
    lock_queue(op, &locks);
    TRY(db_flush(op));
    db_queue(op, Q_INVOICE_SEAL);
    return ERR_OK;
}

enum err job_invoice_seal(struct op *op, const struct view *payload)
{
    (void)payload;
    return db_tx(op, seal, NULL);
}
