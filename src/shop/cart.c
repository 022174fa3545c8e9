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

static void lock_owner(struct op *op, const struct cart_owner *owner)
{
    struct lock_set locks = { .n = 0 };
    if (owner->customer)
        lock_add(&locks, LOCK_CUSTOMER, owner->customer);
    else
        lock_add(&locks, LOCK_CART, owner->cart);
    lock_queue(op, &locks);
}

/* Owner and row of a cart that is about to change; the row is readable after the next trip. */
static struct queued *queue_lock(struct op *op, const struct cart_owner *owner)
{
    lock_owner(op, owner);
    return db_queue(op, Q_CART_LOCK, P_INT(owner->cart));
}

/* A guest's cart may have gone into a customer's, or been purged, since the request found it. */
static enum err still_there(struct op *op, const struct queued *cart)
{
    return cart->rows.count ? ERR_OK : err_set(op, ERR_CONFLICT, NULL);
}

enum err cart_make(struct op *op, struct cart_owner *owner, const char **token)
{
    struct rows r;
    *token = NULL;
    if (owner->cart)
        return ERR_OK;
    if (owner->customer) { /* the lock first: two who make the same cart must not wait for each other */
        lock_owner(op, owner);
        TRY(db_query(op, &r, Q_CART_NEW_CUSTOMER, P_INT(owner->customer)));
    } else {
        *token = crypto_token(op->arena, 24);
        TRY(db_query(op, &r, Q_CART_NEW_GUEST, P_TEXT(crypto_sha256_hex(op->arena, str_of(*token)))));
    }
    owner->cart = row_int(&r, 0, "id");
    return ERR_OK;
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
    struct queued *cart = queue_lock(op, owner);
    struct queued *v = db_queue(op, Q_CART_VARIANT, P_INT(variant));
    struct queued *item = db_queue(op, Q_CART_ITEM, P_INT(owner->cart), P_INT(variant));
    struct queued *lines = db_queue(op, Q_CART_COUNT, P_INT(owner->cart));
    struct queued *settings = settings_queue(op);
    TRY(db_flush(op));
    settings_read(op, settings, &s);
    TRY(still_there(op, cart));
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
    db_queue(op, Q_CART_ITEM_SET, P_INT(owner->cart), P_INT(variant), P_INT(quantity), P_INT(row_int(&v->rows, 0, "price")));
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
    struct queued *cart = queue_lock(op, owner);
    TRY(db_flush(op));
    TRY(still_there(op, cart));
    db_queue(op, Q_CART_COUPON, P_INT(owner->cart), P_TEXT(code));
    touch(op, owner);
    return ERR_OK;
}

enum err cart_keep_form(struct op *op, const struct cart_owner *owner, const struct view *form)
{
    db_queue(op, Q_CART_FORM, P_INT(owner->cart), P_TEXT(view_serialize(op->arena, form)));
    return ERR_OK;
}

enum err cart_seen(struct op *op, const struct cart_owner *owner)
{
    struct queued *cart = queue_lock(op, owner);
    TRY(db_flush(op));
    TRY(still_there(op, cart));
    db_queue(op, Q_CART_SEEN, P_INT(owner->cart));
    touch(op, owner);
    return ERR_OK;
}

enum err cart_save(struct op *op, const struct cart_owner *owner, int64_t variant)
{
    struct settings s;
    queue_lock(op, owner);
    struct queued *lines = db_queue(op, Q_CART_SAVED_COUNT, P_INT(owner->cart));
    struct queued *settings = settings_queue(op);
    struct queued *moved = db_queue(op, Q_CART_SAVE, P_INT(owner->cart), P_INT(variant));
    TRY(db_flush(op));
    settings_read(op, settings, &s);
    if (moved->rows.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    if (row_int(&lines->rows, 0, "lines") >= s.max_cart_lines)
        return err_set(op, ERR_CART_FULL, NULL);
    touch(op, owner);
    return ERR_OK;
}

/* As many as can be had; none is refused, and the line stays among the kept ones. */
enum err cart_restore(struct op *op, const struct cart_owner *owner, int64_t variant)
{
    struct settings s;
    queue_lock(op, owner);
    struct queued *saved = db_queue(op, Q_CART_SAVED_ITEM, P_INT(owner->cart), P_INT(variant));
    struct queued *item = db_queue(op, Q_CART_ITEM, P_INT(owner->cart), P_INT(variant));
    struct queued *v = db_queue(op, Q_CART_VARIANT, P_INT(variant));
    struct queued *lines = db_queue(op, Q_CART_COUNT, P_INT(owner->cart));
    struct queued *settings = settings_queue(op);
    TRY(db_flush(op));
    settings_read(op, settings, &s);
    if (saved->rows.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    int64_t have = item->rows.count ? row_int(&item->rows, 0, "quantity") : 0;
    int64_t want = have + row_int(&saved->rows, 0, "quantity");
    int64_t most = v->rows.count ? row_int(&v->rows, 0, "available") : 0;
    if (most > s.max_line_quantity)
        most = s.max_line_quantity;
    if (most <= have)
        return too_many(op, variant, most);
    if (have == 0 && row_int(&lines->rows, 0, "lines") >= s.max_cart_lines)
        return err_set(op, ERR_CART_FULL, NULL);
    db_queue(op, Q_CART_ITEM_PUT, P_INT(owner->cart), P_INT(variant), P_INT(want < most ? want : most),
             P_INT(row_int(&v->rows, 0, "price")));
    db_queue(op, Q_CART_SAVED_DROP, P_INT(owner->cart), P_INT(variant));
    touch(op, owner);
    return ERR_OK;
}

enum err cart_forget(struct op *op, const struct cart_owner *owner, int64_t variant)
{
    struct rows gone;
    queue_lock(op, owner);
    TRY(db_query(op, &gone, Q_CART_SAVED_DROP, P_INT(owner->cart), P_INT(variant)));
    if (gone.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    touch(op, owner);
    return ERR_OK;
}

enum err cart_view(struct op *op, const struct cart_owner *owner, struct view *into)
{
    struct checkout c;
    struct queued *extras = db_queue(op, Q_CART_EXTRAS, P_INT(owner->cart), P_TEXT(lang_code(op->lang)));
    TRY(checkout_load(op, &(struct checkout_in){ .cart = owner->cart, .customer = owner->customer }, &c));
    checkout_cart_view(op, &c, into);
    view_json(into, "saved", extras->rows.count ? row_text(&extras->rows, 0, "saved") : "[]");
    view_json(into, "notices", extras->rows.count ? row_text(&extras->rows, 0, "notices") : "[]");
    return ERR_OK;
}
