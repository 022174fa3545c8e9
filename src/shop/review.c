/* Reviews and requests to be told. */
#include "shop/review.h"

#include <string.h>

#include "core/lang.h"
#include "core/str.h"
#include "core/view.h"
#include "db/db.h"

#define BODY_DEPTH 16

static enum err find_product(struct op *op, const char *slug, struct rows *r)
{
    TRY(db_query(op, r, Q_REVIEW_PRODUCT, P_TEXT(slug)));
    return r->count ? ERR_OK : err_set(op, ERR_NOT_FOUND, NULL);
}

static enum err body_view(struct op *op, const struct rows *r, struct view **out)
{
    const char *error = NULL;
    *out = view_parse(op->arena, str_of(row_text(r, 0, "body")), BODY_DEPTH, &error);
    return *out ? ERR_OK : err_internal(op, ERR_INTERNAL, "a review's body: %s", error ? error : "null");
}

enum err review_list(struct op *op, const char *product, int64_t limit, int64_t before, struct view *into, int64_t *next)
{
    struct rows p, r;
    TRY(find_product(op, product, &p));
    TRY(db_query(op, &r, Q_REVIEW_LIST, P_INT(row_int(&p, 0, "id")), P_OPT_INT(before), P_INT(limit)));
    view_text(into, "slug", row_text(&p, 0, "slug"));
    view_json(into, "rating", row_null(&p, 0, "rating") ? "null" : row_text(&p, 0, "rating"));
    view_int(into, "review_count", row_int(&p, 0, "review_count"));
    view_json(into, "items", row_text(&r, 0, "items"));
    *next = row_int(&r, 0, "next_id");
    return ERR_OK;
}

enum err review_own(struct op *op, const char *product, int64_t customer, struct view *into)
{
    struct rows r;
    TRY(db_query(op, &r, Q_REVIEW_OWN, P_TEXT(product), P_INT(customer), P_TEXT(lang_code(op->lang))));
    view_json(into, "own_review", row_null(&r, 0, "review") ? "null" : row_text(&r, 0, "review"));
    view_json(into, "sold_out", row_text(&r, 0, "sold_out"));
    return ERR_OK;
}

enum err review_save(struct op *op, const char *product, int64_t customer, const struct review_in *in,
                     struct view **out, const char **slug)
{
    struct rows p, r;
    TRY(find_product(op, product, &p));
    *slug = row_text(&p, 0, "slug");
    TRY(db_query(op, &r, Q_REVIEW_SAVE, P_INT(row_int(&p, 0, "id")), P_INT(customer), P_INT(in->rating), P_TEXT(in->title),
                 P_TEXT(in->body)));
    return body_view(op, &r, out);
}

enum err review_admin_list(struct op *op, const char *status, int64_t limit, int64_t before, struct view *into,
                           int64_t *next)
{
    struct rows r;
    TRY(db_query(op, &r, Q_ADMIN_REVIEW_LIST, P_TEXT(status), P_OPT_INT(before), P_INT(limit), P_TEXT(lang_code(op->lang))));
    view_json(into, "items", row_text(&r, 0, "items"));
    *next = row_int(&r, 0, "next_id");
    return ERR_OK;
}

enum err review_decide(struct op *op, int64_t id, const char *status, int64_t version, struct view **before,
                       struct view **after)
{
    struct rows r;
    *before = NULL;
    TRY(db_query(op, &r, Q_REVIEW_LOCK, P_INT(id), P_TEXT(lang_code(op->lang))));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    if (version != INT64_MIN && version != row_int(&r, 0, "version"))
        return err_set(op, ERR_CONFLICT, "the review was changed meanwhile");
    if (strcmp(row_text(&r, 0, "status"), status) == 0)
        return body_view(op, &r, after);
    TRY(body_view(op, &r, before));
    TRY(db_query(op, &r, Q_REVIEW_DECIDE, P_INT(id), P_TEXT(status), P_TEXT(lang_code(op->lang))));
    return body_view(op, &r, after);
}

enum err stock_request_add(struct op *op, const char *product, int64_t variant, int64_t customer, const char **slug)
{
    struct rows p, r;
    TRY(find_product(op, product, &p));
    *slug = row_text(&p, 0, "slug");
    TRY(db_query(op, &r, Q_STOCK_REQUEST_LOOK, P_INT(row_int(&p, 0, "id")), P_INT(variant)));
    if (r.count == 0 || row_int(&r, 0, "available") > 0) {
        err_field(op, "/variant_id", r.count ? "invalid" : "not_found", NULL);
        return ERR_INVALID_FIELD;
    }
    return db_exec(op, Q_STOCK_REQUEST, P_INT(variant), P_INT(customer));
}
