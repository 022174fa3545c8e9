/* Quotes of what is not in any cart. */
#include "shop/preview.h"

#include "core/arena.h"
#include "core/crypto.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "shop/checkout.h"
#include "shop/explain.h"

struct preview {
    const struct preview_in *in;
    struct view *into;
    bool done;
};

static enum err fill(struct op *op, const struct preview_in *in, int64_t cart)
{
    struct rows r;
    int64_t *variants = arena_array(op->arena, int64_t, in->n + 1), *quantities = arena_array(op->arena, int64_t, in->n + 1);
    size_t n = 0;
    for (size_t k = 0; k < in->n; k++) {
        size_t at = 0;
        while (at < n && variants[at] != in->lines[k].variant_id)
            at++;
        if (at == n) {
            variants[n] = in->lines[k].variant_id;
            quantities[n++] = 0;
        }
        quantities[at] += in->lines[k].quantity;
        if (quantities[at] > 1000)
            err_field(op, arena_printf(op->arena, "/items/%zu/quantity", k), "too_large", NULL);
    }
    TRY(op->err->code);
    TRY(db_query(op, &r, Q_PHONE_CART_FILL, P_INT(cart), P_INTS(variants, n), P_INTS(quantities, n)));
    if ((size_t)r.count == n)
        return ERR_OK;
    err_field(op, "/items", "not_found", NULL);
    return ERR_INVALID_FIELD;
}

/* The cart: a new one of the lines, or the customer's own. */
static enum err find_cart(struct op *op, const struct preview_in *in, int64_t customer, int64_t *cart)
{
    struct rows r;
    *cart = 0;
    if (in->n == 0 && customer) {
        TRY(db_query(op, &r, Q_CART_BY_CUSTOMER, P_INT(customer)));
        *cart = r.count ? row_int(&r, 0, "id") : 0;
    } else {
        TRY(db_query(op, &r, Q_CART_NEW_GUEST, P_TEXT(crypto_sha256_hex(op->arena, str_of(crypto_token(op->arena, 24))))));
        *cart = row_int(&r, 0, "id");
        TRY(fill(op, in, *cart));
    }
    if (in->coupon && *cart)
        db_queue(op, Q_CART_COUPON, P_INT(*cart), P_TEXT(in->coupon));
    return ERR_OK;
}

static void try_changes(struct op *op, const struct preview_in *in)
{
    if (in->rate_bp != INT64_MIN) {
        db_queue(op, Q_SETTING_STORE, P_TEXT("vat_registered"), P_TEXT("true"));
        db_queue(op, Q_TAX_RATE_INSERT, P_TEXT(in->tax_class ? in->tax_class : "standard"), P_TEXT(in->tax_province), P_INT(in->rate_bp),
                 P_NULL, P_NULL);
    }
    if (in->inactive)
        db_queue(op, Q_PREVIEW_ALL_METHODS);
}

static void by_method(struct op *op, struct checkout *c, struct view *list)
{
    const struct shipping_method *chosen = c->method;
    for (size_t i = 0; i < c->method_count; i++) {
        struct view *v = view_append(list);
        c->method = &c->methods[i];
        c->price.shipping = shipping_due(c->method);
        price_compute(op->arena, &c->price);
        shipping_view(op, c->method, v);
        view_int(v, "shipping", c->price.shipping);
        view_int(v, "tax", c->price.tax);
        view_int(v, "total", c->price.total);
        view_int(v, "due", c->price.due);
        explain_quote(op, c, view_array(v, "explain"));
    }
    c->method = chosen;
}

static enum err quote(struct op *op, void *arg)
{
    struct preview *p = arg;
    const struct preview_in *in = p->in;
    struct checkout_in facts = { .province = in->province, .shipping_method = in->shipping_method,
        .payment_method = in->payment_method, .use_wallet = in->use_wallet };
    struct checkout c;
    struct rows r;
    if (in->phone) {
        TRY(db_query(op, &r, Q_PREVIEW_CUSTOMER, P_TEXT(in->phone)));
        facts.customer = r.count ? row_int(&r, 0, "id") : 0;
    }
    try_changes(op, in);
    TRY(find_cart(op, in, facts.customer, &facts.cart));
    TRY(checkout_load(op, &facts, &c));
    if (in->shipping_method && !c.method)
        return err_set(op, ERR_SHIPPING_METHOD_UNAVAILABLE, NULL);
    checkout_view(op, &c, p->into);
    by_method(op, &c, view_array(p->into, "by_method"));
    p->done = true;
    return ERR_CONFLICT; /* whatever was written is taken back */
}

enum err preview_quote(struct op *op, const struct preview_in *in, struct view *into)
{
    struct preview p = { .in = in, .into = into };
    enum err e = db_tx(op, quote, &p);
    if (!p.done)
        return e;
    err_clear(op);
    return ERR_OK;
}
