/* Categories and products of an import file. */
#include "shop/import_parts.h"

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/media.h"

#define IMAGES_MAX 20
#define VARIANTS_MAX 60

struct import_picture {
    struct media_file file;
    struct import_picture *next;
};

/* ---- pictures: before the transaction ---- */

static enum err store_picture(struct import *in, const struct place *product, size_t i, struct import_picture *out)
{
    struct op *op = in->root.op;
    struct view *name = view_at(view_get(product->at, "images"), i);
    const char *pointer = arena_printf(op->arena, "%s/images/%zu", product->pointer, i);
    struct str data;
    if (view_kind(name) != VIEW_TEXT) {
        err_field(op, pointer, "type", NULL);
        return ERR_OK;
    }
    if (!import_file(op->arena, arena_printf(op->arena, "%s/%s", in->folder, view_value_text(name)), MEDIA_BYTES_MAX, &data)) {
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

enum err import_pictures(struct import *in)
{
    size_t n = import_count(&in->root, "products");
    in->pictures = arena_array(in->root.op->arena, struct import_picture *, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct place product = import_item(&in->root, "products", i);
        struct import_picture **tail = &in->pictures[i];
        size_t count = import_count(&product, "images");
        if (count > IMAGES_MAX)
            import_fault(&product, "images", "too_many");
        for (size_t k = 0; k < count && k < IMAGES_MAX; k++) {
            *tail = arena_new(in->root.op->arena, struct import_picture);
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

enum err import_category(struct import *in, const struct place *p, size_t i)
{
    int64_t parent;
    const char *slug = import_text(p, "slug", true);
    struct words title = import_words(p, "title", true);
    int64_t position = import_int(p, "position", 1000000, false);
    (void)i;
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
    int64_t price = import_int(p, "price", IMPORT_MONEY_MAX, true);
    int64_t compare = import_int(p, "compare_at_price", IMPORT_MONEY_MAX, false);
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
        int64_t on_hand = import_int(&v, "on_hand", IMPORT_COUNT_MAX, false);
        if (rows[i]->rows.count == 0)
            import_fault(&v, "sku", "taken");
        else if (row_bool(&rows[i]->rows, 0, "fresh") && on_hand > 0)
            db_queue(v.op, Q_STOCK_COUNT, P_INT(row_int(&rows[i]->rows, 0, "id")), P_INT(on_hand), P_TEXT("import"));
        in->done.variants++;
    }
    return product->op->err->code;
}

static enum err check_tax_class(const struct place *p, const char *id)
{
    struct rows r;
    TRY(db_query(p->op, &r, Q_PRODUCT_TAX_CLASS, P_TEXT(id)));
    if (r.count == 0)
        import_fault(p, "tax_class", "not_found");
    return p->op->err->code;
}

static enum err save_product(const struct place *p, size_t i, int64_t category, struct rows *out)
{
    const char *slug = import_text(p, "slug", true), *tax = import_text(p, "tax_class", false);
    struct words title = import_words(p, "title", true), text = import_words(p, "description", false);
    bool returnable = import_bool(p, "returnable", true), active = import_bool(p, "active", true);
    const char *attributes = import_options(p, "attributes");
    TRY(check_tax_class(p, tax ? tax : "standard"));
    return db_query(p->op, out, Q_IMPORT_PRODUCT, P_TEXT(slug), P_TEXT(title.fa), P_TEXT(title.en),
                    P_TEXT(text.fa ? text.fa : ""), P_TEXT(text.en ? text.en : ""), P_INT(category),
                    P_TEXT(tax ? tax : "standard"), P_BOOL(returnable), P_BOOL(active), P_TEXT(attributes),
                    P_INT((int64_t)i));
}

enum err import_product(struct import *in, const struct place *p, size_t i)
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
    for (const struct import_picture *g = in->pictures[i]; g; g = g->next, in->done.pictures++)
        TRY(product_add_image(p->op, id, g->file.name, g->file.width, g->file.height));
    return product_refresh_search(p->op, id, &variants);
}
