/* Reviews: what everybody reads, what customers write, what staff decide. And requests to be told when
 * something is in stock again. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "routes/cursor.h"
#include "shop/review.h"

static const struct field review_fields[] = {
    FIELD(F_INT, review_in, rating, .min = 1, .max = 5, .flags = F_REQUIRED),
    FIELD(F_TEXT, review_in, title, .max = 120),
    FIELD(F_LONGTEXT, review_in, body, .max = 4000),
};
const struct schema review_in = SCHEMA(review_in, review_fields);

struct stock_request_in {
    int64_t variant_id;
};
static const struct field stock_request_fields[] = {
    FIELD(F_INT, stock_request_in, variant_id, .min = 1, .max = INT64_MAX, .flags = F_REQUIRED, .doc = "a variant that is sold out"),
};
const struct schema stock_request_in = SCHEMA(stock_request_in, stock_request_fields);

struct review_query {
    const char *status, *cursor;
    int64_t limit;
};
static const struct field review_query_fields[] = {
    FIELD(F_ENUM, review_query, status, .choices = " pending approved refused "),
    FIELD(F_SECRET, review_query, cursor, .max = 4000),
    FIELD(F_INT, review_query, limit, .min = 1, .max = 100),
};
const struct schema review_query = SCHEMA(review_query, review_query_fields);

struct review_decide_in {
    int64_t version;
};
static const struct field review_decide_fields[] = {
    FIELD(F_INT, review_decide_in, version, .min = 1, .max = INT32_MAX, .doc = "the one that was read; 409 conflict when it is another"),
};
const struct schema review_decide_in = SCHEMA(review_decide_in, review_decide_fields);

enum err review_list_get(struct request *req)
{
    const struct list_query *q = req->params;
    struct op *op = &req->op;
    int64_t before, next;
    const char *list = arena_printf(op->arena, "reviews\n%s", req->vars[0]);
    TRY(cursor_read(op, list, q->cursor, &before));
    TRY(review_list(op, req->vars[0], cursor_limit(q->limit), before, req->reply.view, &next));
    cursor_next(op, list, next, req->reply.view);
    return ERR_OK;
}

enum err review_post(struct request *req)
{
    struct op *op = &req->op;
    const char *slug;
    TRY(review_save(op, req->vars[0], req->principal.id, req->input, &req->reply.view, &slug));
    reply_created(req, arena_printf(op->arena, "/products/%s", slug));
    return ERR_OK;
}

enum err stock_request_post(struct request *req)
{
    const struct stock_request_in *in = req->input;
    struct op *op = &req->op;
    const char *slug;
    TRY(stock_request_add(op, req->vars[0], in->variant_id, req->principal.id, &slug));
    view_int(req->reply.view, "variant_id", in->variant_id);
    view_bool(req->reply.view, "waiting", true);
    reply_created(req, arena_printf(op->arena, "/products/%s", slug));
    return ERR_OK;
}

enum err admin_review_list_get(struct request *req)
{
    const struct review_query *q = req->params;
    struct op *op = &req->op;
    int64_t before, next;
    const char *list = arena_printf(op->arena, "admin_reviews\n%s", q->status ? q->status : "");
    TRY(cursor_read(op, list, q->cursor, &before));
    TRY(review_admin_list(op, q->status, cursor_limit(q->limit), before, req->reply.view, &next));
    cursor_next(op, list, next, req->reply.view);
    return ERR_OK;
}

static enum err decide(struct request *req, const char *status)
{
    const struct review_decide_in *in = req->input;
    struct op *op = &req->op;
    struct view *before;
    int64_t id;
    if (!str_int(str_of(req->vars[0]), &id))
        return err_set(op, ERR_NOT_FOUND, NULL);
    TRY(review_decide(op, id, status, in->version, &before, &req->reply.view));
    if (before)
        audit_write(op, arena_printf(op->arena, "review.%s", status), arena_printf(op->arena, "review:%s", req->vars[0]), before,
                    req->reply.view);
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, "/admin/reviews?status=pending");
    return ERR_OK;
}

enum err admin_review_approve_post(struct request *req)
{
    return decide(req, "approved");
}

enum err admin_review_refuse_post(struct request *req)
{
    return decide(req, "refused");
}
