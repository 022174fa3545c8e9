/* Staff: coupons and campaigns of single-use codes. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "routes/cursor.h"
#include "shop/category_admin.h"
#include "shop/coupon.h"
#include "shop/coupon_codes.h"

#define MONEY_LIMIT INT64_C(1000000000000)
#define PERCENT_LIMIT INT64_C(100000000) /* millionths */
#define SLUGS_LIMIT 4000

static const struct field coupon_fields[] = {
    FIELD(F_CODE, coupon_in, code, .min = 1, .max = 64, .flags = F_REQUIRED, .doc = "of a campaign: its name"),
    FIELD(F_ENUM, coupon_in, kind, .choices = " percent fixed "),
    FIELD(F_INT, coupon_in, value, .min = 1, .max = MONEY_LIMIT, .doc = "with kind: basis points or IRT"),
    FIELD(F_DECIMAL6, coupon_in, percent, .min = 1, .max = PERCENT_LIMIT, .doc = "instead of kind and value: 12.5"),
    FIELD(F_INT, coupon_in, amount, .min = 1, .max = MONEY_LIMIT, .doc = "instead of kind and value: IRT"),
    FIELD(F_INT, coupon_in, usage_limit, .min = 1, .max = MONEY_LIMIT),
    FIELD(F_INT, coupon_in, per_customer_limit, .min = 1, .max = 1000000),
    FIELD(F_INT, coupon_in, min_subtotal, .min = 0, .max = MONEY_LIMIT),
    FIELD(F_INT, coupon_in, max_discount, .min = 1, .max = MONEY_LIMIT),
    FIELD(F_TIME, coupon_in, starts_at),
    FIELD(F_TIME, coupon_in, ends_at),
    FIELD(F_TIME, coupon_in, ends_on, .doc = "the last day, instead of ends_at"),
    FIELD(F_TEXT, coupon_in, categories, .max = SLUGS_LIMIT, .doc = "slugs, with commas; they and all below them"),
    FIELD(F_TEXT, coupon_in, products, .max = SLUGS_LIMIT, .doc = "slugs or SKUs, with commas"),
    FIELD(F_INT, coupon_in, codes, .min = 1, .max = COUPON_CODES_MAX, .doc = "a campaign of so many single-use codes"),
    FIELD(F_CODE, coupon_in, prefix, .min = 1, .max = 20, .doc = "of these codes"),
};
const struct schema coupon_in = SCHEMA(coupon_in, coupon_fields);

struct coupon_change_in {
    struct coupon_in to;
    struct coupon_given given;
};
#define CHANGE(type_, member, ...) \
    { .name = #member, .type = type_, .offset = offsetof(struct coupon_change_in, to.member), __VA_ARGS__ }
#define GIVEN(member) .flags = F_NULLABLE, .present_offset = offsetof(struct coupon_change_in, given.member)
static const struct field coupon_change_fields[] = {
    CHANGE(F_INT, value, .min = 1, .max = MONEY_LIMIT, .doc = "basis points or IRT, as its kind is"),
    CHANGE(F_DECIMAL6, percent, .min = 1, .max = PERCENT_LIMIT),
    CHANGE(F_INT, amount, .min = 1, .max = MONEY_LIMIT),
    CHANGE(F_INT, usage_limit, .min = 1, .max = MONEY_LIMIT, GIVEN(usage_limit), .doc = "null: without a limit"),
    CHANGE(F_INT, per_customer_limit, .min = 1, .max = 1000000, GIVEN(per_customer_limit)),
    CHANGE(F_INT, min_subtotal, .min = 0, .max = MONEY_LIMIT),
    CHANGE(F_INT, max_discount, .min = 1, .max = MONEY_LIMIT, GIVEN(max_discount)),
    CHANGE(F_TIME, starts_at, GIVEN(starts_at)),
    CHANGE(F_TIME, ends_at, GIVEN(ends_at)),
    CHANGE(F_TIME, ends_on, .doc = "the last day, instead of ends_at"),
    CHANGE(F_TEXT, categories, .max = SLUGS_LIMIT, GIVEN(categories)),
    CHANGE(F_TEXT, products, .max = SLUGS_LIMIT, GIVEN(products)),
};
const struct schema coupon_change_in = SCHEMA(coupon_change_in, coupon_change_fields);

struct coupon_query {
    int64_t limit;
    const char *cursor;
    int archived;
};
static const struct field coupon_query_fields[] = {
    FIELD(F_INT, coupon_query, limit, .min = 1, .max = 100),
    FIELD(F_TEXT, coupon_query, cursor, .max = 4000),
    FIELD(F_BOOL, coupon_query, archived),
};
const struct schema coupon_query = SCHEMA(coupon_query, coupon_query_fields);

struct coupon_codes_query {
    int64_t limit;
    const char *cursor, *format;
};
static const struct field coupon_codes_fields[] = {
    FIELD(F_INT, coupon_codes_query, limit, .min = 1, .max = 100),
    FIELD(F_TEXT, coupon_codes_query, cursor, .max = 4000),
    FIELD(F_ENUM, coupon_codes_query, format, .choices = " csv "),
};
const struct schema coupon_codes_query = SCHEMA(coupon_codes_query, coupon_codes_fields);

static const char *code_of(const struct request *req)
{
    return text_fold_code(req->op.arena, str_of(req->vars[0]));
}

/* For the forms of the page. */
static enum err put_categories(struct request *req)
{
    struct view *all = view_new(req->op.arena);
    TRY(category_admin_list(&req->op, all));
    view_attach(req->reply.view, "category_choices", view_get(all, "items"));
    return ERR_OK;
}

enum err admin_coupon_list_get(struct request *req)
{
    const struct coupon_query *q = req->params;
    int64_t before, next;
    const char *list = arena_printf(req->op.arena, "coupons %d", q->archived);
    TRY(cursor_read(&req->op, list, q->cursor, &before));
    TRY(coupon_list(&req->op, q->archived, before, cursor_limit(q->limit), req->reply.view, &next));
    cursor_next(&req->op, list, next, req->reply.view);
    return req->accept == ACCEPT_HTML ? put_categories(req) : ERR_OK;
}

static enum err answer(struct request *req, const char *code)
{
    struct rows r;
    const char *error = NULL;
    TRY(db_query(&req->op, &r, Q_COUPON_VIEW, P_TEXT(code)));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    req->reply.view = view_parse(req->op.arena, str_of(row_text(&r, 0, "coupon")), 8, &error);
    return ERR_OK;
}

static const char *page_of(struct request *req, const char *code)
{
    return arena_printf(req->op.arena, "/admin/coupons/%s", code);
}

static void audit(struct request *req, const char *what, const char *code, const struct view *before, const struct view *after)
{
    audit_write(&req->op, what, arena_printf(req->op.arena, "coupon:%s", code), before, after);
}

enum err admin_coupon_get(struct request *req)
{
    TRY(answer(req, code_of(req)));
    return req->accept == ACCEPT_HTML ? put_categories(req) : ERR_OK;
}

enum err admin_coupon_post(struct request *req)
{
    const struct coupon_in *in = req->input;
    TRY(coupon_create(&req->op, in));
    TRY(answer(req, in->code));
    audit(req, "coupon.create", in->code, NULL, req->reply.view);
    reply_created(req, req->accept == ACCEPT_HTML && in->codes == INT_ABSENT ? "/admin/coupons" : page_of(req, in->code));
    return ERR_OK;
}

enum err admin_coupon_patch(struct request *req)
{
    const struct coupon_change_in *in = req->input;
    const char *code = code_of(req);
    TRY(answer(req, code));
    struct view *before = req->reply.view;
    TRY(coupon_change(&req->op, code, &in->to, &in->given));
    TRY(answer(req, code));
    audit(req, "coupon.change", code, before, req->reply.view);
    req->reply.location = req->accept == ACCEPT_HTML ? page_of(req, code) : NULL;
    return ERR_OK;
}

enum err admin_coupon_delete(struct request *req)
{
    const char *code = code_of(req);
    TRY(answer(req, code));
    TRY(coupon_archive(&req->op, code));
    audit(req, "coupon.archive", code, req->reply.view, NULL);
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/coupons" : NULL;
    return ERR_OK;
}

static enum err codes_csv(struct request *req, const char *code)
{
    struct str csv;
    TRY(coupon_codes_csv(&req->op, code, &csv));
    reply_header(req, "Content-Disposition", "attachment; filename=\"codes.csv\"");
    reply_body(req, "text/csv; charset=utf-8", csv.p, csv.n);
    return ERR_OK;
}

enum err admin_coupon_codes_get(struct request *req)
{
    const struct coupon_codes_query *q = req->params;
    const char *code = code_of(req), *list = arena_printf(req->op.arena, "codes %s", code);
    int64_t after, next;
    if (q->format)
        return codes_csv(req, code);
    TRY(cursor_read(&req->op, list, q->cursor, &after));
    TRY(coupon_codes_list(&req->op, code, after, cursor_limit(q->limit), req->reply.view, &next));
    cursor_next(&req->op, list, next, req->reply.view);
    return ERR_OK;
}
