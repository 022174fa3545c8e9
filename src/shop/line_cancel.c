/* Canceling lines. */
#include "shop/line_cancel.h"

#include <string.h>

#include "core/arena.h"
#include "db/db.h"
#include "shop/order_event.h"
#include "shop/refund.h"

static enum err wrong(struct op *op, size_t k, const char *member, const char *code)
{
    err_field(op, arena_printf(op->arena, "/lines/%zu/%s", k, member), code, NULL);
    return ERR_INVALID_FIELD;
}

static enum err check(struct op *op, const struct order_facts *o, const struct line_cancel_in *in, int64_t *sum)
{
    *sum = 0;
    for (size_t k = 0; k < in->n; k++) {
        const struct order_item *item = order_item(o, in->units[k].item_id);
        if (!item)
            return wrong(op, k, "item_id", "not_found");
        for (size_t i = 0; i < k; i++)
            if (in->units[i].item_id == item->id)
                return wrong(op, k, "item_id", "duplicate");
        if (in->units[k].quantity > item->reserved)
            return wrong(op, k, "quantity", "too_large");
        *sum += in->units[k].quantity;
    }
    if (*sum > 0)
        return ERR_OK;
    err_field(op, "/lines", "required", NULL);
    return ERR_INVALID_FIELD;
}

static enum err release(struct op *op, struct order_facts *o, const struct line_cancel_in *in)
{
    int64_t refund, *items = arena_array(op->arena, int64_t, in->n + 1), *quantities = arena_array(op->arena, int64_t, in->n + 1);
    struct refund_line *lines = arena_array(op->arena, struct refund_line, in->n + 1);
    size_t n = 0;
    for (size_t k = 0; k < in->n; k++) {
        if (in->units[k].quantity == 0)
            continue;
        struct order_item *item = order_item(o, in->units[k].item_id);
        items[n] = item->id;
        quantities[n] = in->units[k].quantity;
        lines[n] = (struct refund_line){ .item_id = item->id, .quantity = in->units[k].quantity };
        item->reserved -= in->units[k].quantity;
        item->canceled += in->units[k].quantity;
        n++;
    }
    db_queue(op, Q_ORDER_LINES_RELEASE, P_INT(o->id), P_INTS(items, n), P_INTS(quantities, n));
    db_queue(op, Q_ORDER_NOTE_ADD, P_INT(o->id), P_TEXT("cancel_lines"), P_TEXT(in->reason));
    TRY(refund_units(op, o, &(struct refund_in){ .lines = lines, .line_count = n, .target = in->refund_to,
                                                 .consent = in->wallet_consent, .reason = in->reason }, &refund));
    return order_follow(op, o);
}

enum err line_cancel(struct op *op, struct order_facts *o, const struct line_cancel_in *in)
{
    int64_t sum;
    if (strcmp(o->status, "paid") != 0 && strcmp(o->status, "processing") != 0) {
        enum err e = err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
        err_param_text(op, "status", o->status);
        err_param_text(op, "event", "cancel_lines");
        return e;
    }
    TRY(check(op, o, in, &sum));
    if (sum == order_reserved(o) && order_shipped(o) == 0)
        return order_event(op, o, &(struct order_event){ .event = "cancel", .cancel_reason = "staff", .reason = in->reason,
                                                         .refund_to = in->refund_to, .wallet_consent = in->wallet_consent });
    return release(op, o, in);
}
