/* Carts that come together: a guest's with the customer's at login, and an order's lines with the cart. */
#include <string.h>

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "shop/cart.h"
#include "shop/order_event.h"
#include "shop/settings.h"

static void tell(struct view *notices, const char *code, int64_t variant, int64_t quantity)
{
    struct view *n = view_append(notices);
    view_text(n, "code", code);
    view_int(n, "variant_id", variant);
    view_int(n, "quantity", quantity);
}

static enum err merge_line(struct op *op, int64_t cart, int64_t variant, int64_t more, const struct settings *s,
                           struct view *notices)
{
    struct queued *v = db_queue(op, Q_CART_VARIANT, P_INT(variant));
    struct queued *item = db_queue(op, Q_CART_ITEM, P_INT(cart), P_INT(variant));
    TRY(db_flush(op));
    if (v->rows.count == 0) {
        tell(notices, "not_available", variant, 0);
        return ERR_OK;
    }
    int64_t most = row_int(&v->rows, 0, "available");
    int64_t have = item->rows.count ? row_int(&item->rows, 0, "quantity") : 0, want = have + more;
    if (most > s->max_line_quantity)
        most = s->max_line_quantity;
    int64_t quantity = want > most ? most : want;
    if (quantity < want)
        tell(notices, "quantity_capped", variant, quantity);
    if (quantity > 0)
        db_queue(op, Q_CART_ITEM_PUT, P_INT(cart), P_INT(variant), P_INT(quantity), P_INT(row_int(&v->rows, 0, "price")));
    return ERR_OK;
}

enum err cart_merge(struct op *op, int64_t guest_cart, int64_t customer, struct view *notices)
{
    struct cart_owner to = { .customer = customer };
    struct lock_set locks = { .n = 0 };
    struct settings s;
    const char *token;
    if (!guest_cart)
        return ERR_OK;
    lock_add(&locks, LOCK_CUSTOMER, customer);
    lock_add(&locks, LOCK_CART, guest_cart);
    lock_queue(op, &locks);
    struct queued *from = db_queue(op, Q_CART_ROW, P_INT(guest_cart));
    struct queued *items = db_queue(op, Q_CART_ITEMS, P_INT(guest_cart));
    struct queued *settings = settings_queue(op);
    TRY(db_flush(op));
    if (from->rows.count == 0 || !row_null(&from->rows, 0, "customer_id"))
        return ERR_OK; /* merged already, or not a guest's */
    settings_read(op, settings, &s);
    TRY(cart_make(op, &to, &token));
    for (int i = 0; i < items->rows.count; i++)
        TRY(merge_line(op, to.cart, row_int(&items->rows, i, "variant_id"), row_int(&items->rows, i, "quantity"), &s, notices));
    if (!row_null(&from->rows, 0, "coupon_code"))
        db_queue(op, Q_CART_COUPON, P_INT(to.cart), P_TEXT(row_text(&from->rows, 0, "coupon_code")));
    if (!row_null(&from->rows, 0, "form"))
        db_queue(op, Q_CART_FORM, P_INT(to.cart), P_TEXT(row_text(&from->rows, 0, "form")));
    db_queue(op, Q_CART_SAVED_MERGE, P_INT(guest_cart), P_INT(to.cart));
    db_queue(op, Q_CART_DROP, P_INT(guest_cart));
    if (view_count(notices))
        db_queue(op, Q_CART_NOTICES_PUT, P_INT(to.cart), P_TEXT(view_serialize(op->arena, notices)));
    db_queue(op, Q_CART_TOUCH, P_INT(to.cart));
    return ERR_OK;
}

/* What can no longer be had shows as such in the cart. */
static enum err put_back(struct op *op, int64_t order_id, int64_t customer)
{
    struct cart_owner owner = { .customer = customer };
    const char *token;
    struct rows r;
    TRY(cart_make(op, &owner, &token));
    TRY(db_query(op, &r, Q_ORDER_TO_CART, P_INT(order_id), P_INT(owner.cart)));
    return r.count ? ERR_OK : err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
}

enum err cart_from_order(struct op *op, int64_t order_id, int64_t customer)
{
    struct order_facts o;
    TRY(order_lock(op, order_id, true, &o));
    if (strcmp(o.status, "pending") == 0)
        TRY(order_event(op, &o, &(struct order_event){ .event = "cancel", .cancel_reason = "customer" }));
    return put_back(op, order_id, customer);
}
