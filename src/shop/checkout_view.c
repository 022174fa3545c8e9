/* How a cart and a quote look to the client. */
#include "shop/checkout.h"

#include <string.h>

#include "core/arena.h"
#include "core/str.h"
#include "core/view.h"
#include "shop/explain.h"

/* Options as one language: [{name, value}]. */
static void options_view(struct op *op, const char *json, struct view *into)
{
    const char *error, *lang = lang_code(op->lang);
    struct view *list = view_parse(op->arena, str_of(json), 6, &error);
    struct view *out = view_array(into, "options");
    for (size_t i = 0; list && i < view_count(list); i++) {
        struct view *o = view_append(out), *option = view_at(list, i);
        view_text(o, "name", view_get_text(view_get(option, "name"), lang));
        view_text(o, "value", view_get_text(view_get(option, "value"), lang));
    }
}

static void line_base(struct op *op, const struct checkout_line *l, const struct price_line *p, struct view *v)
{
    view_int(v, "variant_id", l->variant_id);
    view_text(v, "product_slug", l->slug);
    view_text(v, "sku", l->sku);
    view_text(v, "title", lang_pick(op->lang, l->title_fa, l->title_en));
    options_view(op, l->options, v);
    view_text(v, "image", l->image ? arena_printf(op->arena, "/media/%s", l->image) : NULL);
    view_int(v, "quantity", l->quantity);
    view_int(v, "unit_price", p->unit_price);
}

static void notice(struct view *v, const char *code, int64_t old, int64_t now)
{
    struct view *n = view_object(v, "notice");
    view_text(n, "code", code);
    view_int(n, "old", old);
    view_int(n, "new", now);
}

static int64_t at_least_zero(int64_t n)
{
    return n > 0 ? n : 0;
}

static void cart_line(struct op *op, const struct checkout *c, size_t i, struct view *v)
{
    const struct checkout_line *l = &c->lines[i];
    int64_t available = l->sellable ? at_least_zero(l->available) : 0;
    int64_t most = c->settings.max_line_quantity;
    line_base(op, l, &c->price.lines[i], v);
    view_int(v, "available", available);
    view_int(v, "max_quantity", available < most ? available : most);
    view_int(v, "line_total", c->price.lines[i].subtotal);
    view_null(v, "notice");
    if (!l->sellable)
        notice(v, "not_available", l->quantity, 0);
    else if (available < l->quantity)
        notice(v, "out_of_stock", l->quantity, available);
    else if (l->price != l->price_seen)
        notice(v, "price_changed", l->price_seen, l->price);
}

static void coupon_view(const struct checkout *c, struct view *into)
{
    if (!c->coupon_code) {
        view_null(into, "coupon");
        return;
    }
    struct view *v = view_object(into, "coupon");
    view_text(v, "code", c->coupon_code);
    view_bool(v, "applied", c->price.notes & PRICE_COUPON_USED);
    view_int(v, "discount", c->price.discount);
    view_bool(v, "exhausted", c->coupon.exhausted);
}

void checkout_cart_view(struct op *op, const struct checkout *c, struct view *into)
{
    int64_t units = 0;
    for (size_t i = 0; i < c->n; i++)
        units += c->lines[i].quantity;
    view_int(into, "version", c->version);
    view_int(into, "item_count", units);
    struct view *items = view_array(into, "items");
    for (size_t i = 0; i < c->n; i++)
        cart_line(op, c, i, view_append(items));
    coupon_view(c, into);
    view_int(into, "subtotal", c->price.subtotal);
    view_int(into, "discount", c->price.discount);
    view_text(into, "currency", "IRT");
    explain_coupon(op, c, view_array(into, "explain"));
}

static void quote_line(struct op *op, const struct checkout *c, size_t i, struct view *v)
{
    const struct price_line *p = &c->price.lines[i];
    line_base(op, &c->lines[i], p, v);
    view_int(v, "line_subtotal", p->subtotal);
    view_int(v, "discount", p->discount);
    view_int(v, "tax_rate_bp", p->tax_rate_bp);
    view_int(v, "tax", p->tax);
    view_int(v, "line_total", p->total);
}

static void payment_methods(struct op *op, const struct checkout *c, struct view *into)
{
    static const struct {
        const char *id, *fa, *en;
    } methods[] = {
        { "gateway", "پرداخت اینترنتی", "Pay online" },
        { "card_to_card", "کارت به کارت", "Card to card" },
        { "cod", "پرداخت هنگام تحویل", "Cash on delivery" },
        { "wallet", "کیف پول", "Wallet" },
    };
    struct view *list = view_array(into, "payment_methods");
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        bool all_from_wallet = c->wallet_available >= c->price.total && c->price.total > 0;
        if (!(strcmp(methods[i].id, "wallet") == 0 ? all_from_wallet : checkout_offers(c, methods[i].id)))
            continue;
        struct view *m = view_append(list);
        view_text(m, "id", methods[i].id);
        view_text(m, "title", lang_pick(op->lang, methods[i].fa, methods[i].en));
    }
}

void checkout_view(struct op *op, const struct checkout *c, struct view *into)
{
    const struct price *p = &c->price;
    struct view *lines = view_array(into, "lines");
    for (size_t i = 0; i < c->n; i++)
        quote_line(op, c, i, view_append(lines));
    view_int(into, "cart_version", c->version);
    view_int(into, "subtotal", p->subtotal);
    view_int(into, "discount", p->discount);
    view_int(into, "shipping", p->shipping);
    view_int(into, "tax", p->tax);
    view_int(into, "total", p->total);
    view_int(into, "wallet", p->wallet);
    view_int(into, "wallet_available", c->wallet_available);
    view_int(into, "due", p->due);
    view_bool(into, "prices_include_tax", p->prices_include_tax);
    view_text(into, "currency", "IRT");
    coupon_view(c, into);
    struct view *methods = view_array(into, "shipping_methods");
    for (size_t i = 0; i < c->method_count; i++)
        shipping_view(op, &c->methods[i], view_append(methods));
    payment_methods(op, c, into);
    explain_quote(op, c, view_array(into, "explain"));
}
