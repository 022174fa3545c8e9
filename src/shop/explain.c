/* Reasons behind the figures. */
#include "shop/explain.h"

#include <string.h>

#include "core/arena.h"
#include "core/jalali.h"
#include "core/money.h"
#include "core/op.h"
#include "core/str.h"
#include "core/text.h"
#include "core/view.h"
#include "shop/checkout.h"

enum explain {
#define EXPLAIN(id, fa, en) EXPLAIN_##id,
#include "shop/explain.def"
#undef EXPLAIN
};

static const struct {
    const char *code, *text[LANG_COUNT];
} explanations[] = {
#define EXPLAIN(id, fa, en) { #id, { fa, en } },
#include "shop/explain.def"
#undef EXPLAIN
};

enum fact_kind { FACT_TEXT, FACT_MONEY, FACT_WEIGHT, FACT_COUNT, FACT_RATE, FACT_DAY };

/* A param: its number, or its text. */
struct fact {
    const char *name;
    enum fact_kind kind;
    int64_t number;
    const char *text;
};

static const char *digits(struct op *op, const char *text)
{
    return text_digits(op->arena, text, (int)op->lang);
}

/* "850 g", "1.5 kg": kilograms with as many places as say something. */
static const char *weight_text(struct op *op, int64_t g)
{
    bool fa = op->lang == LANG_FA;
    if (g < 1000)
        return digits(op, arena_printf(op->arena, "%lld %s", (long long)g, fa ? "گرم" : "g"));
    const char *places = g % 1000 == 0 ? "" : arena_printf(op->arena, "%s%03lld", fa ? "٫" : ".", (long long)(g % 1000));
    size_t n = strlen(places);
    while (n > 0 && places[n - 1] == '0')
        n--;
    return digits(op, arena_printf(op->arena, "%lld%.*s %s", (long long)(g / 1000), (int)n, places, fa ? "کیلوگرم" : "kg"));
}

static const char *rate_text(struct op *op, int64_t bp)
{
    bool fa = op->lang == LANG_FA;
    const char *part = bp % 100 == 0 ? "" : arena_printf(op->arena, bp % 10 ? "%s%02lld" : "%s%.1lld", fa ? "٫" : ".",
                                                         (long long)(bp % 10 ? bp % 100 : bp % 100 / 10));
    return digits(op, arena_printf(op->arena, "%lld%s%s", (long long)(bp / 100), part, fa ? "٪" : "%"));
}

static const char *fact_text(struct op *op, const struct fact *f)
{
    switch (f->kind) {
    case FACT_MONEY: return money_toman(op->arena, f->number, op->lang);
    case FACT_WEIGHT: return weight_text(op, f->number);
    case FACT_COUNT: return digits(op, arena_printf(op->arena, "%lld", (long long)f->number));
    case FACT_RATE: return rate_text(op, f->number);
    case FACT_DAY: return jalali_date(op->arena, f->number * 86400, op->lang);
    case FACT_TEXT: break;
    }
    return f->text ? f->text : "";
}

static void put_fact(struct op *op, struct view *params, const struct fact *f)
{
    if (f->kind == FACT_TEXT)
        view_text(params, f->name, f->text);
    else if (f->kind == FACT_DAY)
        view_text(params, f->name, dispatch_date(op->arena, f->number));
    else
        view_int(params, f->name, f->number);
}

static void fill(struct op *op, struct buf *b, struct str name, int64_t amount, const struct fact *facts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(name, facts[i].name)) {
            buf_str(b, fact_text(op, &facts[i]));
            return;
        }
    buf_str(b, money_toman(op->arena, amount, op->lang));
}

static void explain(struct op *op, struct view *list, enum explain id, int64_t amount, const struct fact *facts, size_t n)
{
    struct view *e = view_append(list);
    struct buf b;
    char slug[40] = "";
    buf_init(&b, op->arena, 128);
    struct str rest = str_of(explanations[id].text[op->lang]);
    while (rest.n) {
        struct str words = str_cut(&rest, '{');
        buf_add(&b, words.p, words.n);
        if (rest.n)
            fill(op, &b, str_cut(&rest, '}'), amount, facts, n);
    }
    for (size_t i = 0; explanations[id].code[i] && i + 1 < sizeof(slug); i++)
        slug[i] = explanations[id].code[i] == '_' ? '_' : (char)(explanations[id].code[i] | 0x20);
    view_text(e, "code", slug);
    struct view *params = view_object(e, "params");
    for (size_t i = 0; i < n; i++)
        put_fact(op, params, &facts[i]);
    view_text(e, "text", buf_text(&b));
    view_int(e, "amount", amount);
}
#define EXPLAIN(op, list, id, amount, ...)                                                                        \
    explain(op, list, EXPLAIN_##id, amount, (const struct fact[]){ __VA_ARGS__ __VA_OPT__(, ) { 0 } },             \
            sizeof((const struct fact[]){ __VA_ARGS__ __VA_OPT__(, ) { 0 } }) / sizeof(struct fact) - 1)

void explain_coupon(struct op *op, const struct checkout *c, struct view *list)
{
    const struct fact code = { "code", FACT_TEXT, 0, c->coupon_code };
    if (!c->coupon_code)
        return;
    if (c->coupon.exhausted)
        EXPLAIN(op, list, COUPON_EXHAUSTED, 0, code);
    else if (!c->coupon.usable)
        EXPLAIN(op, list, COUPON_INVALID, 0, code);
    else if (c->price.notes & PRICE_COUPON_MINIMUM)
        EXPLAIN(op, list, COUPON_MINIMUM, c->coupon.min_subtotal, code);
    else if (c->price.notes & PRICE_COUPON_NO_LINE)
        EXPLAIN(op, list, COUPON_NO_LINE, 0, code);
    else if (c->price.notes & PRICE_COUPON_USED)
        EXPLAIN(op, list, COUPON_APPLIED, c->price.discount, code);
}

static const char *zone_title(const struct op *op, const struct shipping_method *m)
{
    static const struct {
        const char *kind, *title[LANG_COUNT];
    } kinds[] = {
        { "same", { "همین استان", "the same province" } },
        { "beside", { "استان‌های همسایه", "neighbouring provinces" } },
        { "other", { "استان‌های دیگر", "other provinces" } },
    };
    const char *own = op->lang == LANG_FA || !m->zone_en ? m->zone_fa : m->zone_en;
    if (own)
        return own;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].kind, m->zone_kind) == 0)
            return kinds[i].title[op->lang];
    return NULL;
}

static void explain_price(struct op *op, const struct checkout *c, struct view *list)
{
    const struct shipping_method *m = c->method;
    const struct shipping_price *how = &m->how;
    const struct fact weight = { "weight_g", FACT_WEIGHT, c->parcel.weight_g, NULL };
    const char *zone = zone_title(op, m);
    if (how->free_over) {
        EXPLAIN(op, list, SHIPPING_FREE_OVER, 0, { "free_over", FACT_MONEY, m->free_over, NULL });
        return;
    }
    if (how->step_price + how->extra_price == 0)
        return;
    if (zone)
        EXPLAIN(op, list, SHIPPING_ZONE, 0, { "zone", FACT_TEXT, 0, zone });
    if (how->by_volume)
        EXPLAIN(op, list, SHIPPING_VOLUME, 0, weight, { "billed_g", FACT_WEIGHT, how->billed_g, NULL });
    else
        EXPLAIN(op, list, SHIPPING_WEIGHT, 0, weight);
    EXPLAIN(op, list, SHIPPING_STEP, how->step_price, { "step_g", FACT_WEIGHT, how->step_g, NULL });
    if (how->extra_price)
        EXPLAIN(op, list, SHIPPING_EXTRA, how->extra_price, { "count", FACT_COUNT, how->extra_kg, NULL });
}

static void explain_shipping(struct op *op, const struct checkout *c, struct view *list)
{
    const struct shipping_method *m = c->method;
    for (size_t i = 0; i < c->unfit_count; i++) {
        const struct shipping_method *u = &c->methods[c->method_count + i];
        EXPLAIN(op, list, SHIPPING_UNFIT, 0, { "method", FACT_TEXT, 0, op->lang == LANG_FA ? u->title_fa : u->title_en },
                { "billed_g", FACT_WEIGHT, u->how.billed_g, NULL });
    }
    if (!m)
        return;
    if (strcmp(m->charged, "on_delivery") == 0)
        EXPLAIN(op, list, SHIPPING_ON_DELIVERY, m->price);
    else if (c->price.shipping)
        EXPLAIN(op, list, SHIPPING_CHARGED, c->price.shipping);
    else
        EXPLAIN(op, list, SHIPPING_FREE, 0);
    explain_price(op, c, list);
    if (m->promise.ships_on != DISPATCH_NEVER)
        EXPLAIN(op, list, SHIPPING_DATE, 0, { "ships_on", FACT_DAY, m->promise.ships_on, NULL },
                { "arrives_by", FACT_DAY, m->promise.arrives_by, NULL });
}

/* One row for each rate there is in the cart. */
static void explain_tax(struct op *op, const struct price *p, struct view *list)
{
    if (!p->tax)
        return;
    if (p->prices_include_tax)
        EXPLAIN(op, list, TAX_INCLUDED, p->tax);
    else
        EXPLAIN(op, list, TAX_ADDED, p->tax);
    for (size_t i = 0; i < p->n; i++) {
        int64_t rate = p->lines[i].tax_rate_bp, base = 0, tax = 0;
        bool told = rate == 0;
        for (size_t k = 0; k < p->n; k++) {
            if (p->lines[k].tax_rate_bp != rate)
                continue;
            told = told || k < i;
            base += p->lines[k].subtotal - p->lines[k].discount - (p->prices_include_tax ? p->lines[k].tax : 0);
            tax += p->lines[k].tax;
        }
        if (!told)
            EXPLAIN(op, list, TAX_RATE, tax, { "rate_bp", FACT_RATE, rate, NULL }, { "base", FACT_MONEY, base, NULL });
    }
}

void explain_quote(struct op *op, const struct checkout *c, struct view *list)
{
    const struct price *p = &c->price;
    int64_t units = 0;
    for (size_t i = 0; i < p->n; i++)
        units += p->lines[i].quantity;
    EXPLAIN(op, list, SUBTOTAL, p->subtotal, { "count", FACT_COUNT, units, NULL });
    explain_coupon(op, c, list);
    explain_shipping(op, c, list);
    explain_tax(op, p, list);
    EXPLAIN(op, list, TOTAL, p->total);
    if (p->wallet)
        EXPLAIN(op, list, WALLET_USED, p->wallet);
    if (p->notes & PRICE_WALLET_LOWERED)
        EXPLAIN(op, list, WALLET_LOWERED, p->wallet);
    if (p->below_minimum)
        EXPLAIN(op, list, BELOW_MINIMUM, p->due);
}
