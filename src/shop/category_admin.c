/* What staff do to categories. */
#include "shop/category_admin.h"

#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"

/* The id of the wished parent; INT64_MIN: none. `child`: the slug of what moves, NULL when it is new. */
static enum err find_parent(struct op *op, const struct category_in *in, const char *child, int64_t *id)
{
    struct rows r;
    *id = INT64_MIN;
    if (!in->parent)
        return ERR_OK;
    TRY(db_query(op, &r, Q_CATEGORY_PLACE, P_TEXT(in->parent), P_TEXT(child)));
    if (row_null(&r, 0, "id"))
        err_field(op, "/parent", "not_found", NULL);
    else if (row_bool(&r, 0, "within") || row_int(&r, 0, "depth") >= CATEGORY_DEPTH)
        err_field(op, "/parent", "invalid", NULL);
    else
        *id = row_int(&r, 0, "id");
    return op->err->code;
}

static const char *english(const struct category_in *in)
{
    return in->title_en || !in->title ? in->title_en : in->title->en;
}

enum err category_create(struct op *op, const struct category_in *in, const char **slug)
{
    struct rows r;
    int64_t parent;
    const char *title = in->title && in->title->fa ? in->title->fa : english(in);
    if (!title) {
        err_field(op, "/title", "required", NULL);
        return ERR_INVALID_FIELD;
    }
    TRY(find_parent(op, in, NULL, &parent));
    *slug = in->slug ? in->slug : text_slug(op->arena, str_of(title));
    if (!(*slug)[0])
        *slug = "category";
    db_queue(op, Q_CATEGORY_SLUG_LIVE, P_TEXT(*slug));
    return db_query(op, &r, Q_CATEGORY_INSERT, P_TEXT(*slug), P_TEXT(title), P_TEXT(english(in)), P_OPT_INT(parent),
                    P_OPT_INT(in->position));
}

static enum err check_empty(struct op *op, int64_t id)
{
    struct rows r;
    TRY(db_query(op, &r, Q_CATEGORY_IN_USE, P_INT(id)));
    return row_bool(&r, 0, "used") ? err_set(op, ERR_CATEGORY_IN_USE, NULL) : ERR_OK;
}

enum err category_change(struct op *op, const char **slug, const struct category_in *in)
{
    struct rows r;
    int64_t parent, id;
    bool renamed = in->slug && strcmp(in->slug, *slug) != 0;
    if (in->parent_given)
        db_queue(op, Q_CATEGORY_TREE_LOCK);
    TRY(find_parent(op, in, *slug, &parent));
    TRY(db_query(op, &r, Q_CATEGORY_LOCK, P_TEXT(*slug)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    id = row_int(&r, 0, "id");
    if (in->archived == 1)
        TRY(check_empty(op, id));
    TRY(db_query(op, &r, Q_CATEGORY_UPDATE, P_INT(id), P_TEXT(in->slug), P_TEXT(in->title ? in->title->fa : NULL),
                 P_TEXT(english(in)), P_BOOL(in->parent_given), P_OPT_INT(parent), P_OPT_INT(in->position),
                 in->archived < 0 ? P_NULL : P_BOOL(in->archived == 1)));
    if (renamed) {
        db_queue(op, Q_CATEGORY_SLUG_LIVE, P_TEXT(in->slug));
        db_queue(op, Q_CATEGORY_OLD_SLUG, P_INT(id), P_TEXT(*slug));
        *slug = in->slug;
    }
    return ERR_OK;
}

enum err category_admin_view(struct op *op, const char *slug, struct view **out)
{
    struct rows r;
    const char *error = NULL;
    TRY(db_query(op, &r, Q_ADMIN_CATEGORY, P_TEXT(slug), P_TEXT(lang_code(op->lang))));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *out = view_parse(op->arena, str_of(row_text(&r, 0, "body")), 8, &error);
    return *out ? ERR_OK : err_internal(op, ERR_INTERNAL, "a category's body: %s", error ? error : "null");
}

enum err category_admin_list(struct op *op, struct view *into)
{
    struct rows r;
    TRY(db_query(op, &r, Q_ADMIN_CATEGORY_LIST, P_TEXT(lang_code(op->lang))));
    view_json(into, "items", row_text(&r, 0, "items"));
    TRY(db_query(op, &r, Q_CATEGORY_ARCHIVED, P_TEXT(lang_code(op->lang))));
    view_json(into, "archived", row_text(&r, 0, "items"));
    view_null(into, "next");
    return ERR_OK;
}
