/* What staff do to products. */
#include "shop/product_admin.h"

#include <string.h>

#include "core/arena.h"
#include "core/str.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "shop/stock.h"

/* ---- input ---- */

static struct param flag(int value)
{
    return value < 0 ? P_NULL : P_BOOL(value);
}

/* Either language stands for both where a text must have them. */
static bool put_words(struct view *o, const char *key, const struct words *w)
{
    if (!w || (!w->fa && !w->en))
        return false;
    struct view *v = view_object(o, key);
    view_text(v, "fa", w->fa ? w->fa : w->en);
    view_text(v, "en", w->en ? w->en : w->fa);
    return true;
}

/* A pair without name and value is an empty row of a form. */
static const char *options_json(struct op *op, const char *pointer, const struct option_in *list, size_t n)
{
    struct view *out = view_new_array(op->arena);
    for (size_t i = 0; i < n; i++) {
        struct view *o = view_new(op->arena);
        bool name = put_words(o, "name", list[i].name), value = put_words(o, "value", list[i].value);
        if (name && value)
            view_append_view(out, o);
        else if (name || value)
            err_field(op, arena_printf(op->arena, "%s/%zu/%s", pointer, i, name ? "value" : "name"), "required", NULL);
    }
    return view_serialize(op->arena, out);
}

/* The columns of a product out of its input; NULL: not given. */
struct columns {
    const char *title_fa, *title_en, *description_fa, *description_en, *attributes;
    int64_t category;
};

static const char *either(const char *a, const char *b)
{
    return a ? a : b;
}

static enum err find_category(struct op *op, const struct product_in *in, struct columns *c)
{
    struct queued *category = db_queue(op, Q_PRODUCT_CATEGORY, P_TEXT(in->category));
    struct queued *tax = db_queue(op, Q_PRODUCT_TAX_CLASS, P_TEXT(in->tax_class));
    TRY(db_flush(op));
    c->category = INT64_MIN;
    if (category->rows.count)
        c->category = row_int(&category->rows, 0, "id");
    else if (in->category)
        err_field(op, "/category", "not_found", NULL);
    if (in->tax_class && tax->rows.count == 0)
        err_field(op, "/tax_class", "not_found", NULL);
    return ERR_OK;
}

static enum err read_columns(struct op *op, const struct product_in *in, struct columns *c)
{
    static const struct words none = { NULL, NULL };
    const struct words *title = in->title ? in->title : &none, *text = in->description ? in->description : &none;
    TRY(find_category(op, in, c));
    c->title_fa = title->fa;
    c->title_en = either(in->title_en, title->en);
    c->description_fa = text->fa;
    c->description_en = either(in->description_en, text->en);
    c->attributes = in->attributes_given ? options_json(op, "/attributes", in->attributes, in->attribute_count) : NULL;
    return ERR_OK;
}

/* ---- variants ---- */

static void check_variant(struct op *op, const struct variant_in *v, size_t i)
{
    bool fresh = v->id == INT64_MIN;
    if (fresh && !v->sku)
        err_field(op, arena_printf(op->arena, "/variants/%zu/sku", i), "required", NULL);
    if (fresh && v->price == INT64_MIN)
        err_field(op, arena_printf(op->arena, "/variants/%zu/price", i), "required", NULL);
    if (v->goods_id && !text_goods_id(v->goods_id))
        err_field(op, arena_printf(op->arena, "/variants/%zu/goods_id", i), "bad_goods_id", NULL);
}

static const char *variant_options(struct op *op, const struct variant_in *v, size_t i)
{
    const char *pointer = arena_printf(op->arena, "/variants/%zu/options", i);
    return v->options_given ? options_json(op, pointer, v->options, v->option_count) : NULL;
}

/* All three measures together: the database refuses one without the others. */
static void queue_particulars(struct op *op, int64_t variant, const struct variant_in *v)
{
    if (v->goods_id_given)
        db_queue(op, Q_VARIANT_GOODS_ID, P_INT(variant), P_TEXT(v->goods_id));
    if (v->length_given || v->width_given || v->height_given)
        db_queue(op, Q_VARIANT_MEASURES, P_INT(variant), P_OPT_INT(v->length_cm), P_OPT_INT(v->width_cm),
                 P_OPT_INT(v->height_cm));
}

static enum err add_variant(struct op *op, int64_t product, const struct variant_in *v, const char *options, int64_t position)
{
    struct rows r;
    TRY(db_query(op, &r, Q_VARIANT_INSERT, P_INT(product), P_TEXT(v->sku), P_TEXT(options), P_INT(v->price),
                 P_OPT_INT(v->compare_at_price), P_OPT_INT(v->weight_g), P_INT(position)));
    queue_particulars(op, row_int(&r, 0, "id"), v);
    if (v->on_hand != INT64_MIN && v->on_hand > 0)
        db_queue(op, Q_STOCK_COUNT, P_INT(row_int(&r, 0, "id")), P_INT(v->on_hand), P_TEXT("first count"));
    return ERR_OK;
}

static enum err change_variant(struct op *op, int64_t product, const struct variant_in *v, const char *options, size_t i)
{
    struct rows r;
    struct stock_result done;
    const struct stock_change count = { .on_hand = v->on_hand, .delta = INT64_MIN, .expected_on_hand = INT64_MIN, .cancel_orders = -1 };
    TRY(db_query(op, &r, Q_VARIANT_UPDATE, P_INT(product), P_INT(v->id), P_TEXT(v->sku), P_TEXT(options),
                 P_OPT_INT(v->price), P_BOOL(v->compare_given), P_OPT_INT(v->compare_at_price), P_OPT_INT(v->weight_g),
                 flag(v->archived)));
    if (r.count)
        queue_particulars(op, v->id, v);
    if (r.count)
        return v->on_hand == INT64_MIN ? ERR_OK : stock_count(op, v->id, &count, &done);
    err_field(op, arena_printf(op->arena, "/variants/%zu/id", i), "not_found", NULL);
    return ERR_INVALID_FIELD;
}

static enum err save_variants(struct op *op, int64_t product, const struct variant_in *list, size_t n, int64_t position)
{
    const char **options = arena_array(op->arena, const char *, n);
    for (size_t i = 0; i < n; i++) {
        check_variant(op, &list[i], i);
        options[i] = variant_options(op, &list[i], i);
    }
    if (op->err->code)
        return op->err->code;
    for (size_t i = 0; i < n; i++) {
        const struct variant_in *v = &list[i];
        TRY(v->id == INT64_MIN ? add_variant(op, product, v, options[i], position++)
                               : change_variant(op, product, v, options[i], i));
    }
    return ERR_OK;
}

/* The variants meant by a change: one without an id is the product's own with that SKU, if it has
 * it. Locks those whose stock is counted, before any row is locked: shipping takes a variant's lock
 * and then its product's row. */
static enum err resolve_variants(struct op *op, const char *slug, const struct product_in *in, struct variant_in **out)
{
    struct lock_set locks = { .n = 0 };
    struct rows r;
    *out = arena_array(op->arena, struct variant_in, in->variant_count);
    TRY(db_query(op, &r, Q_PRODUCT_VARIANT_IDS, P_TEXT(slug)));
    for (size_t i = 0; i < in->variant_count; i++) {
        struct variant_in *v = &(*out)[i];
        *v = in->variants[i];
        for (int k = 0; k < r.count && v->id == INT64_MIN && v->sku; k++)
            if (strcmp(row_text(&r, k, "sku"), v->sku) == 0)
                v->id = row_int(&r, k, "id");
        if (v->id != INT64_MIN && v->on_hand != INT64_MIN)
            lock_add(&locks, LOCK_VARIANT, v->id);
    }
    if (locks.n)
        lock_queue(op, &locks);
    return ERR_OK;
}

/* ---- the product ---- */

enum err product_refresh_search(struct op *op, int64_t id, int64_t *variants)
{
    struct rows r;
    TRY(db_query(op, &r, Q_PRODUCT_SEARCH_PARTS, P_INT(id)));
    *variants = row_int(&r, 0, "variants");
    db_queue(op, Q_PRODUCT_SEARCH_KEY, P_INT(id), P_TEXT(text_search_key(op->arena, str_of(row_text(&r, 0, "words")))));
    return ERR_OK;
}

static enum err finish(struct op *op, int64_t id)
{
    int64_t variants;
    TRY(product_refresh_search(op, id, &variants));
    if (variants == 0) {
        err_field(op, "/variants", "too_few", NULL);
        return ERR_INVALID_FIELD;
    }
    return ERR_OK;
}

/* The page where products are made has this address. */
static enum err check_slug(struct op *op, const char *slug)
{
    if (!slug || strcmp(slug, "new") != 0)
        return ERR_OK;
    err_field(op, "/slug", "taken", NULL);
    return err_set(op, ERR_SLUG_TAKEN, NULL);
}

static enum err pick_slug(struct op *op, const char *wanted, const char *title, const char **out)
{
    struct rows r;
    *out = wanted;
    if (wanted)
        return check_slug(op, wanted);
    const char *base = text_slug(op->arena, str_of(title));
    TRY(db_query(op, &r, Q_PRODUCT_FREE_SLUG, P_TEXT(base[0] ? base : "product")));
    *out = row_text(&r, 0, "slug");
    return ERR_OK;
}

enum err product_create(struct op *op, const struct product_in *in, int64_t *id)
{
    struct columns c;
    struct rows r;
    const char *slug;
    TRY(read_columns(op, in, &c));
    const char *title = either(c.title_fa, c.title_en);
    if (!title)
        err_field(op, "/title", "required", NULL);
    if (op->err->code)
        return op->err->code;
    TRY(pick_slug(op, in->slug, title, &slug));
    TRY(db_query(op, &r, Q_PRODUCT_INSERT, P_TEXT(slug), P_TEXT(title), P_TEXT(c.title_en),
                 P_TEXT(either(c.description_fa, c.description_en)), P_TEXT(c.description_en), P_INT(c.category),
                 P_TEXT(in->tax_class), flag(in->returnable), flag(in->active), P_TEXT(c.attributes)));
    *id = row_int(&r, 0, "id");
    TRY(save_variants(op, *id, in->variants, in->variant_count, 0));
    return finish(op, *id);
}

enum err product_change(struct op *op, const char *slug, const struct product_in *in)
{
    struct columns c;
    struct rows r;
    struct variant_in *variants;
    TRY(resolve_variants(op, slug, in, &variants));
    TRY(db_query(op, &r, Q_PRODUCT_LOCK, P_TEXT(slug)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    int64_t id = row_int(&r, 0, "id"), position = row_int(&r, 0, "next_position");
    TRY(read_columns(op, in, &c));
    if (op->err->code)
        return op->err->code;
    bool renamed = in->slug && strcmp(in->slug, slug) != 0;
    if (renamed)
        TRY(check_slug(op, in->slug));
    TRY(db_exec(op, Q_PRODUCT_UPDATE, P_INT(id), P_TEXT(in->slug), P_TEXT(c.title_fa), P_TEXT(c.title_en),
                P_TEXT(c.description_fa), P_TEXT(c.description_en), P_OPT_INT(c.category), P_TEXT(in->tax_class),
                flag(in->returnable), flag(in->active), P_TEXT(c.attributes), flag(in->archived)));
    if (renamed)
        db_queue(op, Q_PRODUCT_OLD_SLUG, P_INT(id), P_TEXT(slug));
    TRY(save_variants(op, id, variants, in->variant_count, position));
    return finish(op, id);
}

enum err product_add_image(struct op *op, int64_t id, const char *file, int width, int height)
{
    db_queue(op, Q_IMAGE_ADD, P_INT(id), P_TEXT(file), P_INT(width), P_INT(height));
    return ERR_OK;
}

enum err product_drop_image(struct op *op, const char *slug, int64_t image)
{
    struct rows r;
    TRY(db_query(op, &r, Q_PRODUCT_LOCK, P_TEXT(slug)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    int64_t product = row_int(&r, 0, "id");
    TRY(db_query(op, &r, Q_IMAGE_DROP, P_INT(product), P_INT(image)));
    return r.count ? ERR_OK : err_set(op, ERR_NOT_FOUND, NULL);
}

enum err product_move_image(struct op *op, const char *slug, int64_t image, int64_t position)
{
    struct rows r;
    TRY(db_query(op, &r, Q_PRODUCT_LOCK, P_TEXT(slug)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    int64_t product = row_int(&r, 0, "id");
    TRY(db_query(op, &r, Q_IMAGE_MOVE, P_INT(product), P_INT(image), P_INT(position)));
    return r.count ? ERR_OK : err_set(op, ERR_NOT_FOUND, NULL);
}
