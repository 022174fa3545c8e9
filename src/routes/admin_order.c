/* Staff: home, coupons and orders. */
#include "routes/handlers.h"

#include <string.h>

#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "routes/cursor.h"
#include "shop/coupon.h"
#include "shop/order_event.h"

enum err admin_home_get(struct request *req)
{
    struct rows r;
    const char *error = NULL;
    TRY(db_query(&req->op, &r, Q_ADMIN_HOME));
    req->reply.view = view_parse(req->op.arena, str_of(row_text(&r, 0, "home")), 8, &error);
    return ERR_OK;
}

/* ---- coupons ---- */

#define MONEY_LIMIT INT64_C(1000000000000)
static const struct field coupon_fields[] = {
    FIELD(F_CODE, coupon_in, code, .min = 1, .max = 64, .flags = F_REQUIRED),
    FIELD(F_ENUM, coupon_in, kind, .choices = " percent fixed ", .flags = F_REQUIRED),
    FIELD(F_INT, coupon_in, value, .min = 1, .max = MONEY_LIMIT, .flags = F_REQUIRED, .doc = "basis points or IRT"),
    FIELD(F_INT, coupon_in, usage_limit, .min = 1, .max = MONEY_LIMIT),
    FIELD(F_INT, coupon_in, per_customer_limit, .min = 1, .max = 1000000),
    FIELD(F_INT, coupon_in, min_subtotal, .min = 0, .max = MONEY_LIMIT),
    FIELD(F_INT, coupon_in, max_discount, .min = 1, .max = MONEY_LIMIT),
    FIELD(F_TIME, coupon_in, starts_at),
    FIELD(F_TIME, coupon_in, ends_at),
};
const struct schema coupon_in = SCHEMA(coupon_in, coupon_fields);

struct coupon_change_in {
    int64_t usage_limit;
    bool usage_limit_given;
};
static const struct field coupon_change_fields[] = {
    FIELD(F_INT, coupon_change_in, usage_limit, .min = 1, .max = MONEY_LIMIT, .flags = F_NULLABLE,
          .present_offset = offsetof(struct coupon_change_in, usage_limit_given), .doc = "null: without a limit"),
};
const struct schema coupon_change_in = SCHEMA(coupon_change_in, coupon_change_fields);

enum err admin_coupon_list_get(struct request *req)
{
    const struct list_query *q = req->params;
    int64_t before, limit = cursor_limit(q->limit);
    TRY(cursor_read(&req->op, "coupons", q->cursor, &before));
    TRY(coupon_list(&req->op, before, limit, req->reply.view));
    struct view *items = view_get(req->reply.view, "items");
    size_t n = view_count(items);
    cursor_next(&req->op, "coupons", n == (size_t)limit ? view_get_int(view_at(items, n - 1), "id", INT64_MIN) : INT64_MIN,
                req->reply.view);
    return ERR_OK;
}

static enum err answer_coupon(struct request *req, const char *code)
{
    struct rows r;
    const char *error = NULL;
    TRY(db_query(&req->op, &r, Q_COUPON_VIEW, P_TEXT(code)));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    req->reply.view = view_parse(req->op.arena, str_of(row_text(&r, 0, "coupon")), 8, &error);
    return ERR_OK;
}

enum err admin_coupon_post(struct request *req)
{
    const struct coupon_in *in = req->input;
    int64_t id;
    TRY(coupon_create(&req->op, in, &id));
    TRY(answer_coupon(req, in->code));
    audit_write(&req->op, "coupon.create", arena_printf(req->op.arena, "coupon:%s", in->code), NULL, req->reply.view);
    reply_created(req, "/admin/coupons");
    return ERR_OK;
}

enum err admin_coupon_patch(struct request *req)
{
    const struct coupon_change_in *in = req->input;
    struct view *before;
    TRY(answer_coupon(req, req->vars[0]));
    before = req->reply.view;
    if (in->usage_limit_given)
        TRY(coupon_set_limit(&req->op, req->vars[0], in->usage_limit));
    TRY(answer_coupon(req, req->vars[0]));
    audit_write(&req->op, "coupon.change", arena_printf(req->op.arena, "coupon:%s", req->vars[0]), before, req->reply.view);
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/coupons" : NULL;
    return ERR_OK;
}

enum err admin_coupon_delete(struct request *req)
{
    TRY(answer_coupon(req, req->vars[0]));
    TRY(coupon_archive(&req->op, req->vars[0]));
    audit_write(&req->op, "coupon.archive", arena_printf(req->op.arena, "coupon:%s", req->vars[0]), req->reply.view, NULL);
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/coupons" : NULL;
    return ERR_OK;
}

/* ---- orders ---- */

struct admin_order_query {
    const char *status, *q, *cursor;
    int64_t limit;
};
static const struct field admin_order_fields[] = {
    FIELD(F_ENUM, admin_order_query, status, .choices = " pending paid processing shipped delivered canceled returned "),
    FIELD(F_TEXT, admin_order_query, q, .max = 100, .doc = "number, or part of a phone or name"),
    FIELD(F_TEXT, admin_order_query, cursor, .max = 200),
    FIELD(F_INT, admin_order_query, limit, .min = 1, .max = 100),
};
const struct schema admin_order_query = SCHEMA(admin_order_query, admin_order_fields);

enum err admin_order_list_get(struct request *req)
{
    const struct admin_order_query *q = req->params;
    struct op *op = &req->op;
    struct rows r;
    int64_t before, limit = cursor_limit(q->limit);
    const char *list = arena_printf(op->arena, "admin-orders %s %s", q->status ? q->status : "", q->q ? q->q : "");
    TRY(cursor_read(op, list, q->cursor, &before));
    TRY(db_query(op, &r, Q_ADMIN_ORDER_LIST, P_TEXT(q->status), P_TEXT(q->q), P_OPT_INT(before), P_INT(limit),
                 P_TEXT(lang_code(op->lang))));
    view_json(req->reply.view, "items", row_text(&r, 0, "items"));
    cursor_next(op, list, row_int(&r, 0, "next"), req->reply.view);
    return ERR_OK;
}

static enum err order_id(struct request *req, int64_t *id)
{
    struct rows r;
    TRY(db_look(&req->op, &r, Q_ORDER_BY_NUMBER, P_TEXT(req->vars[0])));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    *id = row_int(&r, 0, "id");
    return ERR_OK;
}

enum err admin_order_get(struct request *req)
{
    TRY(order_id(req, &req->reply.resource_id));
    req->reply.resource = "admin_order";
    return ERR_OK;
}

struct transition_in {
    const char *event, *tracking_number, *carrier, *reason, *refund_to;
    int wallet_consent;
};
static const struct field transition_fields[] = {
    FIELD(F_ENUM, transition_in, event, .choices = " process ship deliver cancel confirm_cod close ", .flags = F_REQUIRED),
    FIELD(F_CODE, transition_in, tracking_number, .max = 60),
    FIELD(F_TEXT, transition_in, carrier, .max = 60),
    FIELD(F_LONGTEXT, transition_in, reason, .max = 500),
    FIELD(F_ENUM, transition_in, refund_to, .choices = " gateway wallet manual "),
    FIELD(F_BOOL, transition_in, wallet_consent),
};
const struct schema transition_in = SCHEMA(transition_in, transition_fields);

enum err admin_transition_post(struct request *req)
{
    const struct transition_in *in = req->input;
    struct op *op = &req->op;
    int64_t id;
    TRY(order_id(req, &id));
    TRY(order_transition(op, id, &(struct order_event){ .event = in->event, .reason = in->reason, .cancel_reason = "staff",
        .carrier = in->carrier, .tracking_number = in->tracking_number, .refund_to = in->refund_to,
        .wallet_consent = in->wallet_consent == 1 }));
    audit_write(op, arena_printf(op->arena, "order.%s", in->event), arena_printf(op->arena, "order:%s", req->vars[0]), NULL, req->tree);
    req->reply.resource = "admin_order";
    req->reply.resource_id = id;
    req->reply.location = req->accept == ACCEPT_HTML ? arena_printf(op->arena, "/admin/orders/%s", req->vars[0]) : NULL;
    return ERR_OK;
}
