/* Orders by phone. */
#include "shop/order_phone.h"

#include "core/arena.h"
#include "core/crypto.h"
#include "db/db.h"
#include "db/lock.h"
#include "shop/coupon.h"
#include "shop/order_place.h"
#include "shop/settings.h"

static enum err fill_cart(struct op *op, const struct order_phone_in *in, const struct settings *s, int64_t cart)
{
    struct rows r;
    int64_t *variants = arena_array(op->arena, int64_t, in->n + 1), *quantities = arena_array(op->arena, int64_t, in->n + 1);
    for (size_t k = 0; k < in->n; k++) {
        variants[k] = in->lines[k].variant_id;
        quantities[k] = in->lines[k].quantity;
        if (quantities[k] > s->max_line_quantity)
            err_field(op, arena_printf(op->arena, "/items/%zu/quantity", k), "too_large", NULL);
        for (size_t i = 0; i < k; i++)
            if (variants[i] == variants[k])
                err_field(op, arena_printf(op->arena, "/items/%zu/variant_id", k), "duplicate", NULL);
    }
    if (op->err->code)
        return op->err->code;
    TRY(db_query(op, &r, Q_PHONE_CART_FILL, P_INT(cart), P_INTS(variants, in->n), P_INTS(quantities, in->n)));
    if ((size_t)r.count == in->n)
        return ERR_OK;
    err_field(op, "/items", "not_found", NULL);
    return ERR_INVALID_FIELD;
}

/* A cart that nobody else can know: its cookie was never sent. */
static enum err make_cart(struct op *op, const struct order_phone_in *in, int64_t customer, const struct settings *s, int64_t *cart)
{
    struct rows r;
    TRY(db_query(op, &r, Q_CART_NEW_GUEST, P_TEXT(crypto_sha256_hex(op->arena, str_of(crypto_token(op->arena, 24))))));
    *cart = row_int(&r, 0, "id");
    TRY(fill_cart(op, in, s, *cart));
    if (!in->coupon)
        return ERR_OK;
    TRY(coupon_check(op, in->coupon, customer));
    db_queue(op, Q_CART_COUPON, P_INT(*cart), P_TEXT(in->coupon));
    return ERR_OK;
}

static void give_link(struct op *op, const struct settings *s, struct order_phone *out)
{
    out->token = crypto_token(op->arena, 24);
    db_queue(op, Q_PHONE_ORDER_EXPIRY, P_INT(out->id), P_INT(s->payment_link_minutes));
    db_queue(op, Q_PAYMENT_LINK_ADD, P_TEXT(out->token), P_INT(out->id));
}

enum err order_phone_place(struct op *op, const struct order_phone_in *in, struct order_phone *out)
{
    struct settings s;
    struct place_look look;
    struct placed placed;
    struct place_in place = { .customer = in->customer, .address = in->address, .invoice_to = in->invoice_to, .shipping_method = in->shipping_method,
        .expected_total = in->expected_total, .expected_due = INT64_MIN, .cart_version = INT64_MIN, .note = in->note,
        .fingerprint = in->fingerprint, .message = "payment_link" };
    struct lock_set owner = { .n = 0 };
    lock_add(&owner, LOCK_CUSTOMER, in->customer); /* before the customer's row is written; placement takes the rest */
    lock_queue(op, &owner);
    TRY(settings_load(op, &s));
    if (in->name)
        db_queue(op, Q_PHONE_CUSTOMER_NAME, P_INT(in->customer), P_TEXT(in->name));
    TRY(make_cart(op, in, in->customer, &s, &place.cart));
    TRY(order_place_look(op, &place, &look));
    TRY(order_place(op, &place, &look, &placed));
    *out = (struct order_phone){ .id = placed.id, .number = placed.number };
    if (in->gift)
        db_queue(op, Q_ORDER_GIFT, P_INT(out->id));
    if (placed.due > 0)
        give_link(op, &s, out);
    return ERR_OK;
}

enum err payment_link_find(struct op *op, const char *token, struct payment_link *out)
{
    struct rows r;
    TRY(db_query(op, &r, Q_PAYMENT_LINK, P_TEXT(token), P_TEXT(lang_code(op->lang))));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *out = (struct payment_link){ .order = row_int(&r, 0, "id"), .customer = row_int(&r, 0, "customer_id"),
        .number = row_text(&r, 0, "number"), .page = row_text(&r, 0, "page"), .payable = row_bool(&r, 0, "payable") };
    if (!out->payable && !row_bool(&r, 0, "paid"))
        return err_set(op, ERR_GONE, NULL);
    return ERR_OK;
}
