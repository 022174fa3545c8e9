/* `tarazu import`. */
#include "shop/import.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "db/tx.h"
#include "shop/coupon.h"
#include "shop/import_read.h"
#include "shop/media.h"
#include "shop/settings.h"

#define FILE_MAX ((size_t)64 << 20)
#define FILE_DEPTH 32
#define MONEY_AT_MOST INT64_C(1000000000000)
#define COUNT_AT_MOST INT64_C(1000000000)
#define IMAGES_MAX 20
#define VARIANTS_MAX 60
#define METHOD_ID_MAX 40

struct picture {
    struct media_file file;
    struct picture *next;
};

struct import {
    struct place root;
    const char *folder;        /* of the file, for pictures */
    struct picture **pictures; /* of each product */
    struct done {
        int categories, products, new_products, variants, pictures, coupons, methods, settings;
    } done;
};

/* ---- reading files ---- */

static bool read_file(struct arena *a, const char *path, size_t most, struct str *out)
{
    char chunk[16384];
    size_t got;
    struct buf b;
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    buf_init(&b, a, sizeof(chunk));
    while (b.n <= most && (got = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(&b, chunk, got);
    bool good = !ferror(f) && b.n <= most;
    fclose(f);
    *out = buf_slice(&b);
    return good;
}

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_strndup(a, path, (size_t)(slash - path)) : ".";
}

/* ---- pictures: before the transaction ---- */

static enum err store_picture(struct import *in, const struct place *product, size_t i, struct picture *out)
{
    struct op *op = in->root.op;
    struct view *name = view_at(view_get(product->at, "images"), i);
    const char *pointer = arena_printf(op->arena, "%s/images/%zu", product->pointer, i);
    struct str data;
    if (view_kind(name) != VIEW_TEXT) {
        err_field(op, pointer, "type", NULL);
        return ERR_OK;
    }
    if (!read_file(op->arena, arena_printf(op->arena, "%s/%s", in->folder, view_value_text(name)), MEDIA_BYTES_MAX, &data)) {
        err_field(op, pointer, "not_found", NULL);
        return ERR_OK;
    }
    struct errinfo before = *op->err;
    op->err->fields = NULL;
    enum err e = media_store(op, data, &out->file);
    if (e && e != ERR_IMAGE_INVALID)
        return e;
    *op->err = before; /* an upload is told of its field; here the place in the file counts */
    if (e)
        err_field(op, pointer, "bad_image", NULL);
    return ERR_OK;
}

static enum err store_pictures(struct import *in)
{
    size_t n = import_count(&in->root, "products");
    in->pictures = arena_array(in->root.op->arena, struct picture *, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct place product = import_item(&in->root, "products", i);
        struct picture **tail = &in->pictures[i];
        size_t count = import_count(&product, "images");
        if (count > IMAGES_MAX)
            import_fault(&product, "images", "too_many");
        for (size_t k = 0; k < count && k < IMAGES_MAX; k++) {
            *tail = arena_new(in->root.op->arena, struct picture);
            TRY(store_picture(in, &product, k, *tail));
            tail = &(*tail)->next;
        }
    }
    return in->root.op->err->code;
}

/* ---- categories ---- */

static enum err category_id(const struct place *p, const char *key, int64_t *id)
{
    struct rows r;
    const char *slug = import_text(p, key, false);
    *id = INT64_MIN;
    if (!slug)
        return ERR_OK;
    TRY(db_query(p->op, &r, Q_PRODUCT_CATEGORY, P_TEXT(slug)));
    if (r.count)
        *id = row_int(&r, 0, "id");
    else
        import_fault(p, key, "not_found");
    return ERR_OK;
}

static enum err import_category(struct import *in, const struct place *p)
{
    int64_t parent;
    const char *slug = import_text(p, "slug", true);
    struct words title = import_words(p, "title", true);
    int64_t position = import_int(p, "position", 1000000, false);
    TRY(category_id(p, "parent", &parent));
    TRY(p->op->err->code);
    in->done.categories++;
    return db_exec(p->op, Q_IMPORT_CATEGORY, P_TEXT(slug), P_OPT_INT(parent), P_TEXT(title.fa), P_TEXT(title.en),
                   P_OPT_INT(position));
}

/* ---- products ---- */

static struct queued *queue_variant(const struct place *p, int64_t product, size_t position)
{
    const char *sku = import_text(p, "sku", true), *options = import_options(p, "options");
    int64_t price = import_int(p, "price", MONEY_AT_MOST, true);
    int64_t compare = import_int(p, "compare_at_price", MONEY_AT_MOST, false);
    int64_t weight = import_int(p, "weight_g", 1000000, false);
    int64_t l = import_int(p, "length_cm", 1000, false), w = import_int(p, "width_cm", 1000, false), h = import_int(p, "height_cm", 1000, false);
    const char *goods = import_goods_id(p, "goods_id");
    bool none = l == INT64_MIN && w == INT64_MIN && h == INT64_MIN;
    if (!none && (l < 1 || w < 1 || h < 1))
        import_fault(p, l < 1 ? "length_cm" : w < 1 ? "width_cm" : "height_cm", "required");
    if (p->op->err->code)
        return NULL;
    return db_queue(p->op, Q_IMPORT_VARIANT, P_INT(product), P_TEXT(sku), P_TEXT(options), P_INT(price), P_OPT_INT(compare),
                    P_INT(weight == INT64_MIN ? 0 : weight), P_INT((int64_t)position), P_OPT_INT(l), P_OPT_INT(w), P_OPT_INT(h),
                    P_TEXT(goods));
}

static enum err import_variants(struct import *in, const struct place *product, int64_t id)
{
    size_t n = import_count(product, "variants");
    struct queued *rows[VARIANTS_MAX];
    if (n == 0 || n > VARIANTS_MAX)
        import_fault(product, "variants", n ? "too_many" : "too_few");
    for (size_t i = 0; i < n && !product->op->err->code; i++) {
        struct place v = import_item(product, "variants", i);
        rows[i] = queue_variant(&v, id, i);
    }
    TRY(product->op->err->code);
    TRY(db_flush(product->op));
    for (size_t i = 0; i < n; i++) {
        struct place v = import_item(product, "variants", i);
        int64_t on_hand = import_int(&v, "on_hand", COUNT_AT_MOST, false);
        if (rows[i]->rows.count == 0)
            import_fault(&v, "sku", "taken");
        else if (row_bool(&rows[i]->rows, 0, "fresh") && on_hand > 0)
            db_queue(v.op, Q_STOCK_COUNT, P_INT(row_int(&rows[i]->rows, 0, "id")), P_INT(on_hand), P_TEXT("import"));
        in->done.variants++;
    }
    return product->op->err->code;
}

static enum err save_product(const struct place *p, size_t i, int64_t category, struct rows *out)
{
    const char *slug = import_text(p, "slug", true), *tax = import_text(p, "tax_class", false);
    struct words title = import_words(p, "title", true), text = import_words(p, "description", false);
    bool returnable = import_bool(p, "returnable", true), active = import_bool(p, "active", true);
    const char *attributes = import_options(p, "attributes");
    TRY(p->op->err->code);
    return db_query(p->op, out, Q_IMPORT_PRODUCT, P_TEXT(slug), P_TEXT(title.fa), P_TEXT(title.en),
                    P_TEXT(text.fa ? text.fa : ""), P_TEXT(text.en ? text.en : ""), P_INT(category),
                    P_TEXT(tax ? tax : "standard"), P_BOOL(returnable), P_BOOL(active), P_TEXT(attributes),
                    P_INT((int64_t)i));
}

static enum err import_product(struct import *in, const struct place *p, size_t i)
{
    struct rows r;
    int64_t category, variants;
    import_text(p, "category", true);
    TRY(category_id(p, "category", &category));
    TRY(p->op->err->code);
    TRY(save_product(p, i, category, &r));
    int64_t id = row_int(&r, 0, "id");
    in->done.products++;
    in->done.new_products += row_bool(&r, 0, "fresh");
    TRY(import_variants(in, p, id));
    for (const struct picture *g = in->pictures[i]; g; g = g->next, in->done.pictures++)
        TRY(product_add_image(p->op, id, g->file.name, g->file.width, g->file.height));
    return product_refresh_search(p->op, id, &variants);
}

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

static enum err import_coupon(struct import *in, const struct place *p)
{
    const char *code = import_text(p, "code", true), *kind = import_text(p, "kind", true);
    struct coupon_in c = {
        .code = code ? text_fold_code(p->op->arena, str_of(code)) : NULL, .kind = kind,
        .value = import_int(p, "value", MONEY_AT_MOST, true),
        .usage_limit = import_int(p, "usage_limit", COUNT_AT_MOST, false),
        .per_customer_limit = import_int(p, "per_customer_limit", 1000000, false),
        .min_subtotal = import_int(p, "min_subtotal", MONEY_AT_MOST, false),
        .max_discount = import_int(p, "max_discount", MONEY_AT_MOST, false),
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
    int64_t extra = import_int(zone, "extra_kg", MONEY_AT_MOST, false);
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
        import_int(&step, "price", MONEY_AT_MOST, true);
    }
    TRY(zone->op->err->code);
    TRY(db_query(zone->op, &r, Q_SHIPPING_ZONE_INSERT, P_TEXT(method), P_TEXT(kind), n ? P_TEXTS(codes, n) : P_NULL, P_TEXT(title.fa),
                 P_TEXT(title.en), P_OPT_INT(extra), P_INT((int64_t)position)));
    db_queue(zone->op, Q_IMPORT_STEPS, P_INT(row_int(&r, 0, "id")),
             P_TEXT(view_serialize(zone->op->arena, view_get(zone->at, "steps"))));
    return ERR_OK;
}

static enum err import_method(struct import *in, const struct place *p, size_t position)
{
    const char *id = import_text(p, "id", true), *charged = import_text(p, "charged", false);
    struct words title = import_words(p, "title", true);
    int64_t eta = import_int(p, "eta_days", 90, true), free_over = import_int(p, "free_over", MONEY_AT_MOST, false);
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

static enum err import_settings(struct import *in)
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

/* ---- the whole ---- */

static enum err run(struct op *op, void *arg)
{
    struct import *in = arg;
    struct lock_set locks = { .n = 0 };
    in->done = (struct done){ 0 };
    lock_add_named(&locks, "import");
    lock_queue(op, &locks);
    for (size_t i = 0, n = import_count(&in->root, "categories"); i < n; i++) {
        struct place p = import_item(&in->root, "categories", i);
        TRY(import_category(in, &p));
    }
    for (size_t i = 0, n = import_count(&in->root, "products"); i < n; i++) {
        struct place p = import_item(&in->root, "products", i);
        TRY(import_product(in, &p, i));
    }
    for (size_t i = 0, n = import_count(&in->root, "coupons"); i < n; i++) {
        struct place p = import_item(&in->root, "coupons", i);
        TRY(import_coupon(in, &p));
    }
    for (size_t i = 0, n = import_count(&in->root, "shipping_methods"); i < n; i++) {
        struct place p = import_item(&in->root, "shipping_methods", i);
        TRY(import_method(in, &p, i));
    }
    return import_settings(in);
}

static int complain(const struct op *op, const char *path, enum err e)
{
    for (const struct field_error *f = op->err->fields; f; f = f->next)
        fprintf(stderr, "%s: %s: %s (%s)\n", path, f->pointer[0] ? f->pointer : "/", err_field_text(f->code, LANG_EN), f->code);
    if (!op->err->fields || op->err->internal)
        fprintf(stderr, "%s: %s\n", path, op->err->internal ? op->err->internal : err_title(e, LANG_EN));
    fprintf(stderr, "nothing was imported\n");
    return 1;
}

int import_main(struct op *op, int argc, char **argv)
{
    struct str text;
    const char *error = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: tarazu import FILE.json\n");
        return 2;
    }
    if (!read_file(op->arena, argv[1], FILE_MAX, &text)) {
        fprintf(stderr, "%s: cannot be read\n", argv[1]);
        return 1;
    }
    struct import in = { .root = { op, view_parse(op->arena, text, FILE_DEPTH, &error), "" },
                         .folder = folder_of(op->arena, argv[1]) };
    if (view_kind(in.root.at) != VIEW_OBJECT) {
        fprintf(stderr, "%s: %s\n", argv[1], error ? error : "not a JSON object");
        return 1;
    }
    enum err e = store_pictures(&in);
    if (!e)
        e = db_tx(op, run, &in);
    if (e)
        return complain(op, argv[1], e);
    printf("%d categories, %d products (%d new) with %d variants and %d pictures, %d coupons, %d shipping methods, "
           "%d settings\n", in.done.categories, in.done.products, in.done.new_products, in.done.variants,
           in.done.pictures, in.done.coupons, in.done.methods, in.done.settings);
    return 0;
}
