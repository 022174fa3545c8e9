/* Counting stock. */
#include "shop/stock.h"

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"

static enum err check_form(struct op *op, const struct stock_change *c)
{
    if (c->on_hand == INT64_MIN && c->delta == INT64_MIN)
        err_field(op, "/on_hand", "required", NULL);
    else if (c->on_hand != INT64_MIN && c->delta != INT64_MIN)
        err_field(op, "/delta", "invalid", NULL);
    return op->err->code;
}

static enum err changed(struct op *op, const struct stock_result *s)
{
    err_set(op, ERR_STOCK_CHANGED, NULL);
    err_param_int(op, "on_hand", s->was);
    err_param_int(op, "reserved", s->reserved);
    return ERR_STOCK_CHANGED;
}

static enum err below_reserved(struct op *op, int64_t variant, const struct stock_result *s)
{
    struct rows r;
    TRY(db_query(op, &r, Q_STOCK_HOLDERS, P_INT(variant)));
    err_set(op, ERR_BELOW_RESERVED, NULL);
    err_param_int(op, "reserved", s->reserved);
    err_param_int(op, "on_hand", s->was);
    op->err->extra = view_new(op->arena);
    struct view *orders = view_array(op->err->extra, "orders");
    for (int i = 0; i < r.count; i++)
        view_append_text(orders, row_text(&r, i, "number"));
    return ERR_BELOW_RESERVED;
}

enum err stock_count(struct op *op, int64_t variant, const struct stock_change *change, struct stock_result *out)
{
    struct lock_set locks = { .n = 0 };
    TRY(check_form(op, change));
    lock_add(&locks, LOCK_VARIANT, variant);
    lock_queue(op, &locks);
    db_queue(op, Q_STOCK_LOCK, P_INTS(&variant, 1));
    struct rows r;
    TRY(db_query(op, &r, Q_STOCK_ROW, P_INT(variant)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *out = (struct stock_result){ .was = row_int(&r, 0, "on_hand"), .reserved = row_int(&r, 0, "reserved"),
                                  .sku = row_text(&r, 0, "sku"), .slug = row_text(&r, 0, "slug") };
    out->on_hand = change->on_hand != INT64_MIN ? change->on_hand : out->was + change->delta;
    if (change->expected_on_hand != INT64_MIN && change->expected_on_hand != out->was)
        return changed(op, out);
    if (out->on_hand < 0) {
        err_field(op, "/delta", "too_small", NULL);
        return ERR_INVALID_FIELD;
    }
    if (out->on_hand < out->reserved)
        return below_reserved(op, variant, out);
    db_queue(op, Q_STOCK_COUNT, P_INT(variant), P_INT(out->on_hand - out->was), P_TEXT(change->reason));
    return ERR_OK;
}
