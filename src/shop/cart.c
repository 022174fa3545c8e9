/* Carts. */
#include "shop/cart.h"

#include "core/arena.h"
#include "core/crypto.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "shop/checkout.h"

enum err cart_find(struct op *op, int64_t customer, const char *token, int64_t *cart)
{
    struct rows r;
    *cart = 0;
    if (customer)
        TRY(db_query(op, &r, Q_CART_BY_CUSTOMER, P_INT(customer)));
    else if (token)
        TRY(db_query(op, &r, Q_CART_BY_TOKEN, P_TEXT(crypto_sha256_hex(op->arena, str_of(token)))));
    else
        return ERR_OK;
    if (r.count)
        *cart = row_int(&r, 0, "id");
    return ERR_OK;
}

enum err cart_make(struct op *op, struct cart_owner *owner, const char **token)
{
    struct rows r;
    *token = NULL;
    if (owner->cart)
        return ERR_OK;
    if (owner->customer) {
        TRY(db_query(op, &r, Q_CART_NEW_CUSTOMER, P_INT(owner->customer)));
    } else {
        *token = crypto_token(op->arena, 24);
        TRY(db_query(op, &r, Q_CART_NEW_GUEST, P_TEXT(crypto_sha256_hex(op->arena, str_of(*token)))));
    }
    owner->cart = row_int(&r, 0, "id");
    return ERR_OK;
}

static void queue_lock(struct op *op, const struct cart_owner *owner)
{
    struct lock_set locks = { .n = 0 };
    if (owner->customer)
        lock_add(&locks, LOCK_CUSTOMER, owner->customer);
    else
        lock_add(&locks, LOCK_CART, owner->cart);
    lock_queue(op, &locks);
}

static void touch(struct op *op, const struct cart_owner *owner)
{
    db_queue(op, Q_CART_TOUCH, P_INT(owner->cart));
}

static enum err too_many(struct op *op, int64_t variant, int64_t available)
{
    struct field_error *f = err_field(op, "/quantity", "out_of_stock", NULL);
    f->variant_id = variant;
    f->params = view_new(op->arena);
    view_int(f->params, "available", available);
    return err_set(op, ERR_OUT_OF_STOCK, NULL);
}

static enum err check_quantity(struct op *op, const struct rows *variant, const struct settings *s, int64_t quantity)
{
    int64_t available = row_int(variant, 0, "available");
    if (quantity > s->max_line_quantity) {
        err_field(op, "/quantity", "too_large", NULL);
        return ERR_INVALID_FIELD;
    }
    return quantity > available ? too_many(op, row_int(variant, 0, "id"), available) : ERR_OK;
}

enum err cart_add(struct op *op, const struct cart_owner *owner, int64_t variant, int64_t quantity)
{
    struct settings s;
    queue_lock(op, owner);
    struct queued *v = db_queue(op, Q_CART_VARIANT, P_INT(variant));
    struct queued *item = db_queue(op, Q_CART_ITEM, P_INT(owner->cart), P_INT(variant));
    struct queued *lines = db_queue(op, Q_CART_COUNT, P_INT(owner->cart));
    struct queued *settings = settings_queue(op);
    TRY(db_flush(op));
    settings_read(op, settings, &s);
    if (v->rows.count == 0) {
        err_field(op, "/variant_id", "not_found", NULL);
        return ERR_INVALID_FIELD;
    }
    if (item->rows.count == 0 && row_int(&lines->rows, 0, "lines") >= s.max_cart_lines)
        return err_set(op, ERR_CART_FULL, NULL);
    int64_t sum = quantity + (item->rows.count ? row_int(&item->rows, 0, "quantity") : 0);
    TRY(check_quantity(op, &v->rows, &s, sum));
    db_queue(op, Q_CART_ITEM_PUT, P_INT(owner->cart), P_INT(variant), P_INT(sum), P_INT(row_int(&v->rows, 0, "price")));
    touch(op, owner);
    return ERR_OK;
}

enum err cart_set(struct op *op, const struct cart_owner *owner, int64_t variant, int64_t quantity)
{
    struct settings s;
    if (quantity == 0)
        return cart_remove(op, owner, variant);
    queue_lock(op, owner);
    struct queued *v = db_queue(op, Q_CART_VARIANT, P_INT(variant));
    struct queued *item = db_queue(op, Q_CART_ITEM, P_INT(owner->cart), P_INT(variant));
    struct queued *settings = settings_queue(op);
    TRY(db_flush(op));
    settings_read(op, settings, &s);
    if (item->rows.count == 0 || v->rows.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    if (quantity > row_int(&item->rows, 0, "quantity")) /* lowering is always welcome */
        TRY(check_quantity(op, &v->rows, &s, quantity));
    db_queue(op, Q_CART_ITEM_SET, P_INT(owner->cart), P_INT(variant), P_INT(quantity));
    touch(op, owner);
    return ERR_OK;
}

enum err cart_remove(struct op *op, const struct cart_owner *owner, int64_t variant)
{
    struct rows gone;
    queue_lock(op, owner);
    TRY(db_query(op, &gone, Q_CART_ITEM_DROP, P_INT(owner->cart), P_INT(variant)));
    if (gone.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    touch(op, owner);
    return ERR_OK;
}

enum err cart_coupon(struct op *op, const struct cart_owner *owner, const char *code)
{
    queue_lock(op, owner);
    db_queue(op, Q_CART_COUPON, P_INT(owner->cart), P_TEXT(code));
    touch(op, owner);
    return ERR_OK;
}

static void tell(struct view *notices, const char *code, int64_t variant, int64_t quantity)
{
    if (!notices)
        return;
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
    db_queue(op, Q_CART_DROP, P_INT(guest_cart));
    touch(op, &to);
    return ERR_OK;
}

enum err cart_from_order(struct op *op, int64_t order_id, int64_t customer)
{
    struct cart_owner owner = { .customer = customer };
    struct lock_set locks = { .n = 0 };
    const char *token;
    struct rows r;
    lock_add(&locks, LOCK_CUSTOMER, customer);
    lock_add(&locks, LOCK_ORDER, order_id);
    lock_queue(op, &locks);
    TRY(cart_make(op, &owner, &token));
    TRY(db_query(op, &r, Q_ORDER_TO_CART, P_INT(order_id), P_INT(owner.cart)));
    return r.count ? ERR_OK : err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
}

enum err cart_keep_form(struct op *op, const struct cart_owner *owner, const struct view *form)
{
    db_queue(op, Q_CART_FORM, P_INT(owner->cart), P_TEXT(view_serialize(op->arena, form)));
    return ERR_OK;
}

enum err cart_view(struct op *op, const struct cart_owner *owner, struct view *into)
{
    struct checkout c;
    TRY(checkout_load(op, &(struct checkout_in){ .cart = owner->cart, .customer = owner->customer }, &c));
    checkout_cart_view(op, &c, into);
    return ERR_OK;
}
