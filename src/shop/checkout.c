/* Reading and pricing a cart. */
#include "shop/checkout.h"

#include <string.h>

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"

#define LINE(kind, member) COLUMN(kind, checkout_line, member)
static const struct column line_columns[] = {
    LINE(ROW_INT, variant_id), LINE(ROW_INT, quantity), LINE(ROW_INT, price_seen), LINE(ROW_INT, price),
    LINE(ROW_INT, compare_at_price), LINE(ROW_INT, weight_g), LINE(ROW_INT, volume_cm3),
    LINE(ROW_INT, product_id), LINE(ROW_INT, available),
    LINE(ROW_INT, tax_rate_bp), LINE(ROW_TEXT, sku), LINE(ROW_TEXT, goods_id), LINE(ROW_TEXT, options), LINE(ROW_TEXT, slug),
    LINE(ROW_TEXT, title_fa), LINE(ROW_TEXT, title_en), LINE(ROW_TEXT, image), LINE(ROW_BOOL, returnable),
    LINE(ROW_BOOL, sellable), LINE(ROW_BOOL, coupon_applies),
};
#define COUPON(kind, member) COLUMN(kind, checkout_coupon, member)
static const struct column coupon_columns[] = {
    COUPON(ROW_INT, id), COUPON(ROW_INT, lock), COUPON(ROW_TEXT, code), COUPON(ROW_TEXT, kind), COUPON(ROW_INT, value),
    COUPON(ROW_INT, max_discount), COUPON(ROW_INT, min_subtotal), COUPON(ROW_INT, usage_limit),
    COUPON(ROW_INT, per_customer_limit), COUPON(ROW_INT, free_seq), COUPON(ROW_BOOL, in_window), COUPON(ROW_BOOL, has_room),
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

void checkout_queue(struct op *op, const struct checkout_in *in, struct checkout_reads *reads)
{
    reads->cart = db_queue(op, Q_CART_ROW, P_INT(in->cart));
    reads->lines = db_queue(op, Q_CART_LINES, P_INT(in->cart), P_TEXT(in->province));
    reads->coupon = db_queue(op, Q_COUPON_OF_CART, P_INT(in->cart), P_INT(in->customer));
    reads->shipping = shipping_queue(op, in->province);
    reads->wallet = db_queue(op, Q_WALLET, P_INT(in->customer));
    reads->settings = settings_queue(op);
}

static void read_coupon(const struct checkout_reads *reads, struct checkout *out)
{
    struct checkout_coupon *c = &out->coupon;
    if (reads->coupon->rows.count == 0)
        return;
    row_read(&reads->coupon->rows, 0, coupon_columns, COUNT(coupon_columns), c);
    bool customer_room = c->per_customer_limit == INT64_MIN || c->free_seq <= c->per_customer_limit;
    c->exhausted = c->in_window && !(c->has_room && customer_room);
    c->usable = c->in_window && c->has_room && customer_room;
    out->price_coupon = (struct price_coupon){ .percent = strcmp(c->kind, "percent") == 0, .value = c->value,
        .max_discount = c->max_discount, .min_subtotal = c->min_subtotal };
}

static void read_lines(struct op *op, const struct checkout_reads *reads, struct checkout *out)
{
    out->n = (size_t)reads->lines->rows.count;
    out->lines = arena_array(op->arena, struct checkout_line, out->n + 1);
    out->price.lines = arena_array(op->arena, struct price_line, out->n + 1);
    out->price.n = out->n;
    for (size_t i = 0; i < out->n; i++) {
        struct checkout_line *l = &out->lines[i];
        row_read(&reads->lines->rows, (int)i, line_columns, COUNT(line_columns), l);
        out->price.lines[i] = (struct price_line){ .id = l->variant_id, .unit_price = l->price,
            .quantity = l->quantity, .tax_rate_bp = out->settings.vat_registered ? l->tax_rate_bp : 0,
            .coupon_applies = l->coupon_applies };
        out->parcel.weight_g += l->weight_g * l->quantity;
        out->parcel.volume_cm3 += l->volume_cm3 * l->quantity;
    }
}

/* The bank's minimum is of no concern to these. */
static bool without_bank(const char *method)
{
    return method && (strcmp(method, "card_to_card") == 0 || strcmp(method, "cod") == 0);
}

void checkout_read(struct op *op, const struct checkout_in *in, const struct checkout_reads *reads,
                   struct checkout *out)
{
    *out = (struct checkout){ .in = *in };
    settings_read(op, reads->settings, &out->settings);
    if (reads->cart->rows.count == 1) {
        out->version = row_int(&reads->cart->rows, 0, "version");
        out->coupon_code = row_text(&reads->cart->rows, 0, "coupon_code");
    }
    read_lines(op, reads, out);
    read_coupon(reads, out);
    if (reads->wallet->rows.count == 1)
        out->wallet_available = row_int(&reads->wallet->rows, 0, "available");
    struct price *p = &out->price;
    p->coupon = out->coupon.usable ? &out->price_coupon : NULL;
    p->prices_include_tax = out->settings.prices_include_tax;
    p->gateway_minimum = without_bank(in->payment_method) ? 0 : out->settings.gateway_minimum;
    price_compute(op->arena, p); /* goods first: free shipping depends on them */
    out->parcel.goods = p->subtotal - p->discount;
    out->parcel.divisor = out->settings.volumetric_divisor;
    out->methods = shipping_read(op, reads->shipping, &out->parcel, &out->settings, &out->method_count, &out->unfit_count);
    out->method = shipping_find(out->methods, out->method_count, in->shipping_method);
    p->shipping = out->method ? shipping_due(out->method) : 0;
    p->wallet_available = in->use_wallet ? out->wallet_available : 0;
    price_compute(op->arena, p);
}

enum err checkout_load(struct op *op, const struct checkout_in *in, struct checkout *out)
{
    struct checkout_reads reads;
    checkout_queue(op, in, &reads);
    TRY(db_flush(op));
    checkout_read(op, in, &reads, out);
    return ERR_OK;
}

enum err checkout_check_stock(struct op *op, const struct checkout *c)
{
    bool short_of = false;
    for (size_t i = 0; i < c->n; i++) {
        const struct checkout_line *l = &c->lines[i];
        if (l->sellable && l->available >= l->quantity)
            continue;
        struct field_error *f = err_field(op, arena_printf(op->arena, "/items/%zu", i),
                                          l->sellable ? "out_of_stock" : "not_available", NULL);
        f->variant_id = l->variant_id;
        f->params = view_new(op->arena);
        view_int(f->params, "available", l->sellable && l->available > 0 ? l->available : 0);
        view_int(f->params, "quantity", l->quantity);
        view_text(f->params, "title", lang_pick(op->lang, l->title_fa, l->title_en));
        short_of = true;
    }
    return short_of ? err_set(op, ERR_OUT_OF_STOCK, NULL) : ERR_OK;
}

static bool by_gateway(const struct checkout *c)
{
    return c->price.due >= c->settings.gateway_minimum && c->price.due <= c->settings.gateway_maximum;
}

static bool by_transfer(const struct checkout *c)
{
    return c->settings.card_to_card_enabled && c->settings.card_to_card_number[0];
}

static bool by_courier(const struct checkout *c)
{
    return c->settings.cod_enabled && c->price.due <= c->settings.cod_maximum && (!c->method || c->method->needs_address);
}

bool checkout_offers(const struct checkout *c, const char *method)
{
    static const struct {
        const char *method;
        bool (*offered)(const struct checkout *c);
    } ways[] = { { "gateway", by_gateway }, { "card_to_card", by_transfer }, { "cod", by_courier } };
    for (size_t i = 0; i < COUNT(ways); i++)
        if (strcmp(ways[i].method, method) == 0)
            return c->price.due > 0 && ways[i].offered(c);
    return false;
}
