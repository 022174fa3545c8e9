/* Staff: what is on the shelf, its history, its counts. */
#include "routes/handlers.h"

#include <string.h>

#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "routes/cursor.h"
#include "shop/stock.h"

#define STOCK_MAX INT64_C(1000000000)

static const struct field stock_fields[] = {
    FIELD(F_INT, stock_change, on_hand, .max = STOCK_MAX, .doc = "what was counted"),
    FIELD(F_INT, stock_change, delta, .min = -STOCK_MAX, .max = STOCK_MAX, .doc = "or the difference"),
    FIELD(F_INT, stock_change, expected_on_hand, .max = STOCK_MAX, .doc = "409 stock_changed when it is another"),
    FIELD(F_TEXT, stock_change, reason, .min = 1, .max = 200, .flags = F_REQUIRED),
    FIELD(F_BOOL, stock_change, cancel_orders,
          .doc = "instead of 409 below_reserved: orders give up what there is not, are refunded, and the count is written"),
};
const struct schema stock_in = { "stock_in", sizeof(struct stock_change), stock_fields,
                                 sizeof(stock_fields) / sizeof(stock_fields[0]) };

struct stock_query {
    const char *q, *cursor;
    int low;
    int64_t limit;
};
static const struct field stock_query_fields[] = {
    FIELD(F_TEXT, stock_query, q, .max = 100),
    FIELD(F_BOOL, stock_query, low, .doc = "true: only what runs low"),
    FIELD(F_SECRET, stock_query, cursor, .max = 4000),
    FIELD(F_INT, stock_query, limit, .min = 1, .max = 100),
};
const struct schema stock_query = SCHEMA(stock_query, stock_query_fields);

struct stock_threshold_in {
    int64_t low_stock;
};
static const struct field threshold_fields[] = {
    FIELD(F_INT, stock_threshold_in, low_stock, .max = 1000000, .flags = F_NULLABLE, .doc = "null: the shop's own (setting low_stock)"),
};
const struct schema stock_threshold_in = SCHEMA(stock_threshold_in, threshold_fields);

static enum err variant_of(struct request *req, int64_t *variant)
{
    return str_int(str_of(req->vars[0]), variant) ? ERR_OK : err_set(&req->op, ERR_NOT_FOUND, NULL);
}

static const char *page_of(struct request *req, int64_t variant)
{
    return arena_printf(req->op.arena, "/admin/stock/%lld", (long long)variant);
}

enum err admin_stock_list_get(struct request *req)
{
    const struct stock_query *q = req->params;
    struct op *op = &req->op;
    int64_t before, next;
    const char *list = arena_printf(op->arena, "stock\n%d\n%s", q->low == 1, q->q ? q->q : "");
    TRY(cursor_read(op, list, q->cursor, &before));
    TRY(stock_list(op, q->q, q->low == 1, cursor_limit(q->limit), before, req->reply.view, &next));
    cursor_next(op, list, next, req->reply.view);
    return ERR_OK;
}

enum err admin_stock_get(struct request *req)
{
    const struct stock_query *q = req->params;
    struct op *op = &req->op;
    int64_t variant, before, next;
    const char *list = arena_printf(op->arena, "movements\n%s", req->vars[0]);
    TRY(variant_of(req, &variant));
    TRY(cursor_read(op, list, q->cursor, &before));
    TRY(stock_view(op, variant, cursor_limit(q->limit), before, &req->reply.view, &next));
    cursor_next(op, list, next, req->reply.view);
    return ERR_OK;
}

enum err admin_stock_patch(struct request *req)
{
    const struct stock_threshold_in *in = req->input;
    struct op *op = &req->op;
    struct rows r;
    int64_t variant, next;
    TRY(variant_of(req, &variant));
    TRY(db_query(op, &r, Q_STOCK_THRESHOLD, P_INT(variant), P_OPT_INT(in->low_stock)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    audit_write(op, "stock.threshold", arena_printf(op->arena, "variant:%lld", (long long)variant), NULL, req->tree);
    TRY(stock_view(op, variant, cursor_limit(INT_ABSENT), INT64_MIN, &req->reply.view, &next));
    req->reply.location = req->accept == ACCEPT_HTML ? page_of(req, variant) : NULL;
    return ERR_OK;
}

static struct view *counted(struct op *op, const struct stock_result *s, int64_t on_hand, const struct view *given_up)
{
    struct view *v = view_new(op->arena);
    view_int(v, "on_hand", on_hand);
    view_int(v, "reserved", s->reserved);
    if (given_up)
        view_json(v, "orders", view_serialize(op->arena, given_up));
    return v;
}

/* A browser is shown the orders that hold more than there is, with the remedy, on the variant's page. */
static enum err show_remedy(struct request *req, int64_t variant, const struct stock_change *in)
{
    struct op *op = &req->op;
    const char *wish = in->on_hand != INT_ABSENT ? arena_printf(op->arena, "on_hand=%lld", (long long)in->on_hand)
                                                 : arena_printf(op->arena, "delta=%lld", (long long)in->delta);
    err_clear(op);
    reply_redirect(req, arena_printf(op->arena, "%s?below=1&%s#remedy", page_of(req, variant), wish));
    return ERR_OK;
}

/* Where it was counted: on the page of the stock, or of the product. */
static const char *page_after(struct request *req, int64_t variant, const char *product)
{
    const char *back = request_back(req);
    return back && strncmp(back, "/admin/stock", 12) == 0 ? page_of(req, variant)
                                                          : arena_printf(req->op.arena, "/admin/products/%s", product);
}

enum err admin_stock_post(struct request *req)
{
    const struct stock_change *in = req->input;
    struct op *op = &req->op;
    struct stock_result done;
    int64_t variant;
    bool settle = in->cancel_orders == 1;
    struct view *given_up = settle ? view_new_array(op->arena) : NULL;
    TRY(variant_of(req, &variant));
    enum err e = settle ? stock_settle(op, variant, in, &done, given_up) : stock_count(op, variant, in, &done);
    if (e == ERR_BELOW_RESERVED && req->accept == ACCEPT_HTML)
        return show_remedy(req, variant, in);
    TRY(e);
    struct view *after = counted(op, &done, done.on_hand, given_up);
    view_text(after, "reason", in->reason);
    audit_write(op, "stock.count", arena_printf(op->arena, "variant:%s", done.sku), counted(op, &done, done.was, NULL), after);
    view_int(req->reply.view, "variant_id", variant);
    view_int(req->reply.view, "on_hand", done.on_hand);
    view_int(req->reply.view, "reserved", done.reserved);
    view_int(req->reply.view, "available", done.on_hand - done.reserved);
    if (given_up)
        view_json(req->reply.view, "orders", view_serialize(op->arena, given_up));
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, page_after(req, variant, done.slug));
    return ERR_OK;
}
