/* Coupons, shipping and settings of an import file. */
#include "shop/import_parts.h"

#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/coupon.h"
#include "shop/settings.h"

#define METHOD_ID_MAX 40

/* ---- coupons ---- */

static enum err save_coupon(const struct place *p, const struct coupon_in *c)
{
    struct rows r;
    TRY(db_query(p->op, &r, Q_COUPON_BY_CODE, P_TEXT(c->code)));
    if (r.count == 0)
        return coupon_create(p->op, c);
    TRY(db_query(p->op, &r, Q_IMPORT_COUPON, P_TEXT(c->code), P_TEXT(c->kind), P_INT(c->value), P_OPT_INT(c->usage_limit),
                 P_OPT_INT(c->per_customer_limit), P_OPT_INT(c->min_subtotal), P_OPT_INT(c->max_discount),
                 P_OPT_INT(c->starts_at), P_OPT_INT(c->ends_at)));
    if (r.count == 0)
        import_fault(p, "usage_limit", "too_small");
    return p->op->err->code;
}

enum err import_coupon(struct import *in, const struct place *p, size_t i)
{
    (void)i;
    const char *code = import_text(p, "code", true), *kind = import_text(p, "kind", true);
    struct coupon_in c = {
        .code = code ? text_fold_code(p->op->arena, str_of(code)) : NULL, .kind = kind,
        .value = import_int(p, "value", IMPORT_MONEY_MAX, true),
        .usage_limit = import_int(p, "usage_limit", IMPORT_COUNT_MAX, false),
        .per_customer_limit = import_int(p, "per_customer_limit", 1000000, false),
        .min_subtotal = import_int(p, "min_subtotal", IMPORT_MONEY_MAX, false),
        .max_discount = import_int(p, "max_discount", IMPORT_MONEY_MAX, false),
        .starts_at = import_time(p, "starts_at"), .ends_at = import_time(p, "ends_at"),
        .percent = INT64_MIN, .amount = INT64_MIN, .ends_on = INT64_MIN, .codes = INT64_MIN,
    };
    if (kind && strcmp(kind, "percent") != 0 && strcmp(kind, "fixed") != 0)
        import_fault(p, "kind", "not_one_of");
    TRY(p->op->err->code);
    in->done.coupons++;
    return save_coupon(p, &c);
}

/* ---- shipping ---- */

/* The codes of a zone; "*" is everywhere: *n is 0. */
static const char **provinces_of(const struct place *zone, size_t *n)
{
    const struct view *v = view_get(zone->at, "provinces");
    const char *text = view_get_text(zone->at, "provinces");
    *n = 0;
    if (text && strcmp(text, "*") == 0)
        return NULL;
    if (view_kind(v) != VIEW_ARRAY || view_count(v) == 0) {
        import_fault(zone, "provinces", "required");
        return NULL;
    }
    const char **codes = arena_array(zone->op->arena, const char *, view_count(v));
    for (size_t i = 0; i < view_count(v); i++) {
        codes[i] = view_kind(view_at(v, i)) == VIEW_TEXT ? view_value_text(view_at(v, i)) : "";
        if (!text_province(codes[i]))
            import_fault(zone, arena_printf(zone->op->arena, "provinces/%zu", i), "bad_province");
    }
    *n = view_count(v);
    return codes;
}

static enum err import_zone(const struct place *zone, const char *method, size_t position)
{
    struct rows r;
    size_t n, steps = import_count(zone, "steps");
    const char *kind = import_text(zone, "kind", false);
    struct words title = import_words(zone, "title", false);
    const char **codes = provinces_of(zone, &n);
    int64_t extra = import_int(zone, "extra_kg", IMPORT_MONEY_MAX, false);
    if (kind && !strstr(" listed same beside other ", arena_printf(zone->op->arena, " %s ", kind)))
        import_fault(zone, "kind", "not_one_of");
    if (kind && n && strcmp(kind, "listed") != 0)
        import_fault(zone, "provinces", "invalid");
    if (steps == 0)
        import_fault(zone, "steps", "too_few");
    for (size_t i = 0; i < steps; i++) {
        struct place step = import_item(zone, "steps", i);
        if (import_int(&step, "up_to_g", 1000000, true) == 0)
            import_fault(&step, "up_to_g", "too_small");
        import_int(&step, "price", IMPORT_MONEY_MAX, true);
    }
    TRY(zone->op->err->code);
    TRY(db_query(zone->op, &r, Q_SHIPPING_ZONE_INSERT, P_TEXT(method), P_TEXT(kind), n ? P_TEXTS(codes, n) : P_NULL, P_TEXT(title.fa),
                 P_TEXT(title.en), P_OPT_INT(extra), P_INT((int64_t)position)));
    db_queue(zone->op, Q_IMPORT_STEPS, P_INT(row_int(&r, 0, "id")),
             P_TEXT(view_serialize(zone->op->arena, view_get(zone->at, "steps"))));
    return ERR_OK;
}

enum err import_method(struct import *in, const struct place *p, size_t position)
{
    const char *id = import_text(p, "id", true), *charged = import_text(p, "charged", false);
    struct words title = import_words(p, "title", true);
    int64_t eta = import_int(p, "eta_days", 90, true), free_over = import_int(p, "free_over", IMPORT_MONEY_MAX, false);
    int64_t least = import_int(p, "min_weight_g", 10000000, false), most = import_int(p, "max_weight_g", 10000000, false);
    bool address = import_bool(p, "needs_address", true), postal = import_bool(p, "needs_postal_code", false);
    if (id && (strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(id) || strlen(id) > METHOD_ID_MAX))
        import_fault(p, "id", "bad_code");
    if (charged && strcmp(charged, "checkout") != 0 && strcmp(charged, "on_delivery") != 0)
        import_fault(p, "charged", "not_one_of");
    TRY(p->op->err->code);
    TRY(db_exec(p->op, Q_IMPORT_METHOD, P_TEXT(id), P_TEXT(title.fa), P_TEXT(title.en),
                P_TEXT(charged ? charged : "checkout"), P_INT(eta), P_BOOL(address), P_BOOL(postal), P_OPT_INT(free_over),
                P_INT((int64_t)position), P_OPT_INT(least), P_OPT_INT(most)));
    db_queue(p->op, Q_IMPORT_ZONES_CLEAR, P_TEXT(id));
    for (size_t i = 0, n = import_count(p, "zones"); i < n; i++) {
        struct place zone = import_item(p, "zones", i);
        TRY(import_zone(&zone, id, i));
    }
    in->done.methods++;
    return ERR_OK;
}

/* ---- settings ---- */

enum err import_settings(struct import *in)
{
    struct op *op = in->root.op;
    struct view *flat = view_new(op->arena), *value;
    const char *key;
    for (size_t i = 0; view_member(view_get(in->root.at, "settings"), i, &key, &value); i++, in->done.settings++) {
        if (view_kind(value) != VIEW_OBJECT) {
            view_attach(flat, key, value);
            continue;
        }
        const char *language;
        struct view *text;
        for (size_t k = 0; view_member(value, k, &language, &text); k++)
            view_attach(flat, arena_printf(op->arena, "%s_%s", key, language), text);
    }
    enum err e = settings_store(op, flat);
    for (struct field_error *f = op->err->fields; f; f = f->next)
        f->pointer = arena_printf(op->arena, "/settings%s", f->pointer);
    return e;
}
