/* Products as staff see them. */
#include "shop/product_admin.h"

#include "core/arena.h"
#include "core/str.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/catalog.h"

#define BODY_DEPTH 32

static enum err body_view(struct op *op, const char *json, struct view **out)
{
    const char *error = NULL;
    *out = json ? view_parse(op->arena, str_of(json), BODY_DEPTH, &error) : NULL;
    return *out ? ERR_OK : err_internal(op, ERR_INTERNAL, "a product's body: %s", error ? error : "null");
}

enum err product_admin_view(struct op *op, const char *slug, int64_t *id, struct view **out)
{
    struct rows r;
    TRY(db_query(op, &r, Q_ADMIN_PRODUCT, P_TEXT(slug), P_TEXT(lang_code(op->lang))));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    if (id)
        *id = row_int(&r, 0, "id");
    return body_view(op, row_text(&r, 0, "body"), out);
}

enum err product_admin_view_id(struct op *op, int64_t id, struct view **out)
{
    struct rows r;
    TRY(db_query(op, &r, Q_ADMIN_PRODUCT_ID, P_INT(id), P_TEXT(lang_code(op->lang))));
    return body_view(op, row_text(&r, 0, "body"), out);
}

enum err product_admin_list(struct op *op, const char *q, int64_t limit, int64_t before, struct view *into, int64_t *next)
{
    const char *const *words;
    struct rows r;
    size_t n = catalog_words(op, q, &words);
    TRY(db_query(op, &r, Q_ADMIN_PRODUCT_LIST, P_TEXT(lang_code(op->lang)), n ? P_TEXTS(words, n) : P_NULL,
                 P_OPT_INT(before), P_INT(limit)));
    view_json(into, "items", row_text(&r, 0, "items"));
    *next = row_int(&r, 0, "next_id");
    return ERR_OK;
}

enum err product_admin_categories(struct op *op, struct view *into)
{
    struct rows r;
    TRY(db_query(op, &r, Q_CATEGORY_LIST, P_TEXT(lang_code(op->lang))));
    view_json(into, "categories", row_text(&r, 0, "items"));
    return ERR_OK;
}
