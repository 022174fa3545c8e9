/* Staff: products, their pictures, and categories. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "routes/cursor.h"
#include "shop/category_admin.h"
#include "shop/media.h"
#include "shop/product_admin.h"

#define PRICE_MAX INT64_C(1000000000000)
#define STOCK_MAX INT64_C(1000000000)

/* A text is Persian when it comes alone. */
static const struct field words_fields[] = {
    FIELD(F_TEXT, words, fa, .max = 200),
    FIELD(F_TEXT, words, en, .max = 200),
};
const struct schema words_in = { "words", sizeof(struct words), words_fields, 2 };

static const struct field long_words_fields[] = {
    FIELD(F_LONGTEXT, words, fa),
    FIELD(F_LONGTEXT, words, en),
};
static const struct schema long_words_in = { "long_words", sizeof(struct words), long_words_fields, 2 };

static const struct field option_fields[] = {
    FIELD(F_OBJECT, option_in, name, .sub = &words_in, .flags = F_BARE),
    FIELD(F_OBJECT, option_in, value, .sub = &words_in, .flags = F_BARE),
};
static const struct schema option_in = SCHEMA(option_in, option_fields);

static const struct field variant_fields[] = {
    FIELD(F_INT, variant_in, id, .min = 1, .max = INT64_MAX, .doc = "or the SKU: a variant the product has; else a new one"),
    FIELD(F_TEXT, variant_in, sku, .min = 1, .max = 60),
    FIELD(F_ARRAY, variant_in, options, .sub = &option_in, .max = 10, .flags = F_PAIRS,
          .count_offset = offsetof(struct variant_in, option_count),
          .present_offset = offsetof(struct variant_in, options_given)),
    FIELD(F_INT, variant_in, price, .max = PRICE_MAX),
    FIELD(F_INT, variant_in, compare_at_price, .max = PRICE_MAX, .flags = F_NULLABLE,
          .present_offset = offsetof(struct variant_in, compare_given)),
    FIELD(F_INT, variant_in, weight_g, .max = 1000000),
    FIELD(F_INT, variant_in, length_cm, .min = 1, .max = 1000, .flags = F_NULLABLE, .doc = "of the packed unit; all three measures or none",
          .present_offset = offsetof(struct variant_in, length_given)),
    FIELD(F_INT, variant_in, width_cm, .min = 1, .max = 1000, .flags = F_NULLABLE,
          .present_offset = offsetof(struct variant_in, width_given)),
    FIELD(F_INT, variant_in, height_cm, .min = 1, .max = 1000, .flags = F_NULLABLE,
          .present_offset = offsetof(struct variant_in, height_given)),
    FIELD(F_DIGITS, variant_in, goods_id, .flags = F_NULLABLE, .doc = "the tax authority's id of the goods, thirteen digits; on invoices",
          .present_offset = offsetof(struct variant_in, goods_id_given)),
    FIELD(F_INT, variant_in, on_hand, .max = STOCK_MAX, .doc = "what was counted"),
    FIELD(F_BOOL, variant_in, archived),
};
static const struct schema variant_in = SCHEMA(variant_in, variant_fields);

#define PRODUCT_TEXTS \
    FIELD(F_OBJECT, product_in, description, .sub = &long_words_in, .flags = F_BARE), \
    FIELD(F_TEXT, product_in, title_en, .max = 200), \
    FIELD(F_LONGTEXT, product_in, description_en), \
    FIELD(F_SLUG, product_in, slug), \
    FIELD(F_TEXT, product_in, tax_class, .max = 40), \
    FIELD(F_BOOL, product_in, returnable), \
    FIELD(F_BOOL, product_in, active), \
    FIELD(F_ARRAY, product_in, attributes, .sub = &option_in, .max = 50, .flags = F_PAIRS, \
          .count_offset = offsetof(struct product_in, attribute_count), \
          .present_offset = offsetof(struct product_in, attributes_given))

static const struct field product_fields[] = {
    FIELD(F_OBJECT, product_in, title, .sub = &words_in, .flags = F_REQUIRED | F_BARE),
    FIELD(F_TEXT, product_in, category, .max = 200, .flags = F_REQUIRED),
    PRODUCT_TEXTS,
    FIELD(F_ARRAY, product_in, variants, .sub = &variant_in, .min = 1, .flags = F_REQUIRED,
          .count_offset = offsetof(struct product_in, variant_count)),
};
const struct schema product_in = SCHEMA(product_in, product_fields);

static const struct field product_change_fields[] = {
    FIELD(F_OBJECT, product_in, title, .sub = &words_in, .flags = F_BARE),
    FIELD(F_TEXT, product_in, category, .max = 200),
    PRODUCT_TEXTS,
    FIELD(F_BOOL, product_in, archived, .doc = "true: put away; false: taken out again"),
    FIELD(F_ARRAY, product_in, variants, .sub = &variant_in,
          .count_offset = offsetof(struct product_in, variant_count)),
};
const struct schema product_change_in = { "product_change_in", sizeof(struct product_in), product_change_fields,
                                          sizeof(product_change_fields) / sizeof(product_change_fields[0]) };

struct admin_product_query {
    const char *q, *cursor;
    int64_t limit;
};
static const struct field admin_product_query_fields[] = {
    FIELD(F_TEXT, admin_product_query, q, .max = 100),
    FIELD(F_SECRET, admin_product_query, cursor, .max = 4000),
    FIELD(F_INT, admin_product_query, limit, .min = 1, .max = 100),
};
const struct schema admin_product_query = SCHEMA(admin_product_query, admin_product_query_fields);

struct product_image_in {
    const struct upload *image;
};
static const struct field product_image_fields[] = {
    FIELD(F_FILE, product_image_in, image, .flags = F_REQUIRED, .doc = "JPEG, PNG or WebP, at most 8 MiB"),
};
const struct schema product_image_in = SCHEMA(product_image_in, product_image_fields);

struct image_move_in {
    int64_t position;
};
static const struct field image_move_fields[] = {
    FIELD(F_INT, image_move_in, position, .max = 10000, .flags = F_REQUIRED, .doc = "0: the first"),
};
const struct schema image_move_in = SCHEMA(image_move_in, image_move_fields);

static const char *page_of(struct request *req, const char *slug)
{
    return arena_printf(req->op.arena, "/admin/products/%s", slug);
}

static const char *target_of(struct request *req, const struct view *product)
{
    return arena_printf(req->op.arena, "product:%s", view_get_text(product, "slug"));
}

enum err admin_product_list_get(struct request *req)
{
    const struct admin_product_query *q = req->params;
    struct op *op = &req->op;
    int64_t before, next;
    const char *list = arena_printf(op->arena, "admin_products\n%s", q->q ? q->q : "");
    TRY(cursor_read(op, list, q->cursor, &before));
    TRY(product_admin_list(op, q->q, cursor_limit(q->limit), before, req->reply.view, &next));
    cursor_next(op, list, next, req->reply.view);
    return ERR_OK;
}

enum err admin_product_new_get(struct request *req)
{
    return product_admin_categories(&req->op, req->reply.view);
}

enum err admin_product_post(struct request *req)
{
    struct op *op = &req->op;
    int64_t id;
    TRY(product_create(op, req->input, &id));
    TRY(product_admin_view_id(op, id, &req->reply.view));
    audit_write(op, "product.create", target_of(req, req->reply.view), NULL, req->reply.view);
    reply_created(req, page_of(req, view_get_text(req->reply.view, "slug")));
    return ERR_OK;
}

enum err admin_product_get(struct request *req)
{
    const char *slug;
    TRY(product_admin_view(&req->op, req->vars[0], NULL, &req->reply.view));
    slug = view_get_text(req->reply.view, "slug");
    if (!str_is(str_of(slug), req->vars[0]))
        reply_redirect(req, page_of(req, slug));
    return product_admin_categories(&req->op, req->reply.view);
}

enum err admin_product_patch(struct request *req)
{
    struct op *op = &req->op;
    struct view *before;
    int64_t id;
    TRY(product_admin_view(op, req->vars[0], &id, &before));
    TRY(product_change(op, view_get_text(before, "slug"), req->input));
    TRY(product_admin_view_id(op, id, &req->reply.view));
    audit_write(op, "product.change", target_of(req, req->reply.view), before, req->reply.view);
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, page_of(req, view_get_text(req->reply.view, "slug")));
    return ERR_OK;
}

/* The picture is made before the transaction has asked anything. */
enum err admin_product_image_post(struct request *req)
{
    const struct product_image_in *in = req->input;
    struct op *op = &req->op;
    struct media_file file;
    struct view *before;
    int64_t id;
    TRY(media_store(op, in->image->data, &file));
    TRY(product_admin_view(op, req->vars[0], &id, &before));
    TRY(product_add_image(op, id, file.name, file.width, file.height));
    TRY(product_admin_view_id(op, id, &req->reply.view));
    struct view *after = view_new(op->arena);
    view_text(after, "image", file.name);
    audit_write(op, "product.image", target_of(req, before), NULL, after);
    reply_created(req, page_of(req, view_get_text(before, "slug")));
    return ERR_OK;
}

static enum err image_of(struct request *req, int64_t *id, struct view **before)
{
    if (!str_int(str_of(req->vars[1]), id))
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    return product_admin_view(&req->op, req->vars[0], NULL, before);
}

/* Only the pictures belong into the audit log, not the whole product. */
static enum err images_changed(struct request *req, const char *action, const struct view *before)
{
    struct op *op = &req->op;
    const char *slug = view_get_text(before, "slug");
    TRY(product_admin_view(op, slug, NULL, &req->reply.view));
    struct view *was = view_new(op->arena), *is = view_new(op->arena);
    view_attach(was, "images", view_get(before, "images"));
    view_attach(is, "images", view_get(req->reply.view, "images"));
    audit_write(op, action, target_of(req, before), was, is);
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, page_of(req, slug));
    return ERR_OK;
}

enum err admin_product_image_patch(struct request *req)
{
    const struct image_move_in *in = req->input;
    struct view *before;
    int64_t id;
    TRY(image_of(req, &id, &before));
    TRY(product_move_image(&req->op, view_get_text(before, "slug"), id, in->position));
    return images_changed(req, "product.image_move", before);
}

enum err admin_product_image_delete(struct request *req)
{
    struct view *before;
    int64_t id;
    TRY(image_of(req, &id, &before));
    TRY(product_drop_image(&req->op, view_get_text(before, "slug"), id));
    return images_changed(req, "product.image_drop", before);
}

/* ---- categories ---- */

#define CATEGORY_PLACE \
    FIELD(F_TEXT, category_in, title_en, .max = 200), \
    FIELD(F_TEXT, category_in, parent, .max = 200, .flags = F_NULLABLE, .doc = "slug of the category above it", \
          .present_offset = offsetof(struct category_in, parent_given)), \
    FIELD(F_INT, category_in, position, .max = 1000000, .doc = "among its neighbours")

static const struct field category_fields[] = {
    FIELD(F_OBJECT, category_in, title, .sub = &words_in, .flags = F_REQUIRED | F_BARE),
    FIELD(F_SLUG, category_in, slug),
    CATEGORY_PLACE,
};
const struct schema category_in = SCHEMA(category_in, category_fields);

static const struct field category_change_fields[] = {
    FIELD(F_OBJECT, category_in, title, .sub = &words_in, .flags = F_BARE),
    FIELD(F_SLUG, category_in, slug, .doc = "the old address leads to the new one"),
    CATEGORY_PLACE,
    FIELD(F_BOOL, category_in, archived, .doc = "true: put away; false: taken out again"),
};
const struct schema category_change_in = { "category_change_in", sizeof(struct category_in), category_change_fields,
                                           sizeof(category_change_fields) / sizeof(category_change_fields[0]) };

/* For the form of each category: all of them, the one above it chosen. */
static void parent_choices(struct view *items)
{
    for (size_t i = 0; i < view_count(items); i++) {
        const char *parent = view_get_text(view_at(items, i), "parent");
        struct view *list = view_array(view_at(items, i), "parents");
        for (size_t k = 0; k < view_count(items); k++) {
            struct view *choice = view_append(list), *other = view_at(items, k);
            view_text(choice, "slug", view_get_text(other, "slug"));
            view_text(choice, "title", view_get_text(other, "title"));
            view_bool(choice, "chosen", parent && str_is(str_of(parent), view_get_text(other, "slug")));
        }
    }
}

enum err admin_category_list_get(struct request *req)
{
    TRY(category_admin_list(&req->op, req->reply.view));
    if (req->accept == ACCEPT_HTML)
        parent_choices(view_get(req->reply.view, "items"));
    return ERR_OK;
}

static const char *category_target(struct request *req, const char *slug)
{
    return arena_printf(req->op.arena, "category:%s", slug);
}

enum err admin_category_post(struct request *req)
{
    const char *slug;
    TRY(category_create(&req->op, req->input, &slug));
    TRY(category_admin_view(&req->op, slug, &req->reply.view));
    audit_write(&req->op, "category.create", category_target(req, slug), NULL, req->reply.view);
    reply_created(req, "/admin/categories");
    return ERR_OK;
}

enum err admin_category_patch(struct request *req)
{
    struct view *before;
    TRY(category_admin_view(&req->op, req->vars[0], &before));
    const char *slug = view_get_text(before, "slug");
    TRY(category_change(&req->op, &slug, req->input));
    TRY(category_admin_view(&req->op, slug, &req->reply.view));
    audit_write(&req->op, "category.change", category_target(req, slug), before, req->reply.view);
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/categories" : NULL;
    return ERR_OK;
}
