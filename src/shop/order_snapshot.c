/* What is frozen into an order. */
#include "shop/order_snapshot.h"

#include "core/view.h"
#include "db/db.h"
#include "shop/checkout.h"
#include "shop/order_place.h"

const char *snapshot_money(struct op *op, const struct price *price)
{
    struct view *v = view_new(op->arena);
    view_int(v, "subtotal", price->subtotal);
    view_int(v, "discount", price->discount);
    view_int(v, "shipping", price->shipping);
    view_int(v, "tax", price->tax);
    view_int(v, "total", price->total);
    view_int(v, "wallet", price->wallet);
    view_int(v, "due", price->due);
    view_bool(v, "prices_include_tax", price->prices_include_tax);
    return view_serialize(op->arena, v);
}

static void put_json(struct op *op, struct view *into, const char *key, const struct view *value)
{
    if (value)
        view_json(into, key, view_serialize(op->arena, value));
    else
        view_null(into, key);
}

/* Of what is not sent only who comes for it is kept; where they live is nobody's business. NULL: nobody named. */
static const struct view *who_picks_up(struct op *op, const struct view *address)
{
    static const char *const kept[] = { "recipient", "phone" }, *const not_kept[] = { "province", "city", "line" };
    struct view *v = view_new(op->arena);
    bool named = false;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        const char *word = address ? view_get_text(address, kept[i]) : NULL;
        view_text(v, kept[i], word);
        named = named || word;
    }
    for (size_t i = 0; i < sizeof(not_kept) / sizeof(not_kept[0]); i++)
        view_null(v, not_kept[i]);
    return named ? v : NULL;
}

static void put_method(struct op *op, struct view *m, const struct shipping_method *method)
{
    view_text(m, "id", method->id);
    view_text(m, "title_fa", method->title_fa);
    view_text(m, "title_en", method->title_en);
    view_text(m, "charged", method->charged);
    view_int(m, "eta_days", method->eta_days);
    view_text(m, "ships_on", dispatch_date(op->arena, method->promise.ships_on));
    view_text(m, "arrives_by", dispatch_date(op->arena, method->promise.arrives_by));
    view_int(m, "price", method->price);
}

const char *snapshot_facts(struct op *op, const struct place_in *in, const struct checkout *c, const struct rows *buyer,
                           const char *method)
{
    struct view *v = view_new(op->arena), *b = view_object(v, "buyer");
    view_text(v, "payment_method", method);
    put_json(op, v, "address", c->method->needs_address ? in->address : who_picks_up(op, in->address));
    put_method(op, view_object(v, "shipping_method"), c->method);
    if (c->price.notes & PRICE_COUPON_USED) {
        struct view *k = view_object(v, "coupon");
        view_text(k, "code", c->coupon.code);
        view_text(k, "kind", c->coupon.kind);
        view_int(k, "value", c->coupon.value);
        view_int(v, "coupon_id", c->coupon.id);
    }
    view_text(b, "name", row_text(buyer, 0, "name"));
    view_text(b, "phone", row_text(buyer, 0, "phone"));
    view_text(b, "national_code", row_text(buyer, 0, "national_code"));
    put_json(op, v, "seller", settings_seller(op, &c->settings));
    put_json(op, v, "invoice_to", in->invoice_to);
    view_text(v, "note", in->note);
    return view_serialize(op->arena, v);
}

const char *snapshot_lines(struct op *op, const struct checkout *c)
{
    struct view *list = view_new_array(op->arena);
    for (size_t i = 0; i < c->n; i++) {
        const struct checkout_line *l = &c->lines[i];
        const struct price_line *p = &c->price.lines[i];
        struct view *v = view_append(list);
        view_int(v, "line", (int64_t)i + 1);
        view_int(v, "variant_id", l->variant_id);
        view_int(v, "product_id", l->product_id);
        view_text(v, "product_slug", l->slug);
        view_text(v, "sku", l->sku);
        view_text(v, "goods_id", l->goods_id);
        view_text(v, "title_fa", l->title_fa);
        view_text(v, "title_en", l->title_en);
        view_json(v, "options", l->options);
        view_text(v, "image", l->image);
        view_bool(v, "returnable", l->returnable);
        view_int(v, "unit_price", p->unit_price);
        view_int(v, "quantity", p->quantity);
        view_int(v, "line_subtotal", p->subtotal);
        view_int(v, "discount", p->discount);
        view_int(v, "tax_rate_bp", p->tax_rate_bp);
        view_int(v, "tax", p->tax);
        view_int(v, "line_total", p->total);
    }
    return view_serialize(op->arena, list);
}
