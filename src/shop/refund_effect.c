/* Refunds taking effect. */
#include "shop/refund_row.h"

#include <string.h>

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "db/outbox.h"
#include "shop/gateway.h"
#include "shop/ledger.h"
#include "shop/refund.h"

static const struct refund_target targets[] = {
    { "gateway", "requested", "request" },
    { "wallet", "done", "credit" },
    { "manual", "awaiting_transfer", "promise" },
};

const struct refund_target *refund_target(const char *name)
{
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        if (strcmp(targets[i].name, name) == 0)
            return &targets[i];
    return NULL;
}

void refund_follow_up(struct op *op, int64_t refund_id, const char *target)
{
    struct view *payload = view_new(op->arena);
    view_int(payload, "refund_id", refund_id);
    if (strcmp(target, "gateway") == 0)
        outbox_add(op, "refund_send", arena_printf(op->arena, "refund:%lld", (long long)refund_id), payload, 0);
    else
        outbox_add(op, "refund_message", arena_printf(op->arena, "refund:%lld", (long long)refund_id), payload, 0);
}

void refund_take_effect(struct op *op, const struct refund_row *r)
{
    struct ledger_refs refs = { .order = r->order, .payment = r->payment, .refund = r->id };
    int64_t a[SOURCE_COUNT] = { [SOURCE_REFUND_AMOUNT] = r->amount, [SOURCE_LINES_NET] = r->net, [SOURCE_LINES_TAX] = r->tax,
                                [SOURCE_SHIPPING_AMOUNT] = r->shipping, [SOURCE_ALLOWANCE_AMOUNT] = r->allowance };
    ledger_post(op, LEDGER_REFUND, &refs, a);
    if (strcmp(r->target, "wallet") == 0) {
        db_queue(op, Q_REFUND_TO_WALLET, P_INT(r->customer), P_INT(r->amount), P_INT(r->order), P_INT(r->payment), P_INT(r->id));
        ledger_post(op, LEDGER_REFUND_TO_WALLET, &refs, a);
    }
    if (strcmp(r->target, "manual") == 0 && r->reference) {
        db_queue(op, Q_REFUND_MOVE, P_INT(r->id), P_INT(r->version), P_TEXT("transfer"), P_TEXT("done"), P_TEXT(r->reference));
        ledger_post(op, LEDGER_REFUND_BY_TRANSFER, &refs, a);
    }
    outbox_add(op, "invoice_seal", "soon", NULL, 1); /* its credit note */
    refund_follow_up(op, r->id, r->target);
}

enum err refund_suspense(struct op *op, int64_t payment_id, int64_t order_id, int64_t customer_id, int64_t rial,
                         const char *gateway, const char *reason)
{
    const struct refund_target *t = refund_target(gateway && gateway_can_refund(op, gateway) ? "gateway" : "manual");
    struct rows r;
    TRY(db_query(op, &r, Q_REFUND_INSERT_RIAL, P_INT(payment_id), order_id ? P_INT(order_id) : P_NULL, P_INT(customer_id),
                 P_INT(rial), P_TEXT(t->name), P_TEXT(reason), P_TEXT(t->status), P_TEXT(t->event)));
    int64_t id = row_int(&r, 0, "id"), a[SOURCE_COUNT] = { [SOURCE_RECEIVED_RIAL] = rial };
    ledger_post(op, LEDGER_SUSPENSE_REFUND, &(struct ledger_refs){ .order = order_id, .payment = payment_id, .refund = id }, a);
    refund_follow_up(op, id, t->name);
    return ERR_OK;
}
