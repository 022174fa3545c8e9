/* A customer's own orders. Ownership is part of every question: somebody else's order is not there. */
#include "routes/handlers.h"

#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "routes/cursor.h"
#include "shop/cart.h"
#include "shop/order_event.h"
#include "shop/refund.h"
#include "shop/report.h"
#include "shop/settings.h"

static const struct field list_fields[] = {
    FIELD(F_INT, list_query, limit, .min = 1, .max = 100),
    FIELD(F_TEXT, list_query, cursor, .max = 4000),
};
const struct schema list_query = SCHEMA(list_query, list_fields);

struct order_cancel_in {
    const char *reason;
};
static const struct field order_cancel_fields[] = {
    FIELD(F_LONGTEXT, order_cancel_in, reason, .max = 500),
};
const struct schema order_cancel_in = SCHEMA(order_cancel_in, order_cancel_fields);

enum err order_list_get(struct request *req)
{
    const struct list_query *q = req->params;
    struct op *op = &req->op;
    struct rows r;
    int64_t before, limit = cursor_limit(q->limit);
    TRY(cursor_read(op, "orders", q->cursor, &before));
    TRY(db_query(op, &r, Q_ORDER_LIST, P_INT(req->principal.id), P_OPT_INT(before), P_INT(limit), P_TEXT(lang_code(op->lang))));
    view_json(req->reply.view, "items", row_text(&r, 0, "items"));
    cursor_next(op, "orders", row_int(&r, 0, "next"), req->reply.view);
    return ERR_OK;
}

/* The order's id when it is the caller's. */
static enum err own_order(struct request *req, int64_t *id)
{
    struct rows r;
    TRY(db_look(&req->op, &r, Q_ORDER_OWN, P_TEXT(req->vars[0]), P_INT(req->principal.id)));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    *id = row_int(&r, 0, "id");
    return ERR_OK;
}

enum err order_get(struct request *req)
{
    TRY(own_order(req, &req->reply.resource_id));
    req->reply.resource = "order";
    return ERR_OK;
}

enum err order_cancel_post(struct request *req)
{
    const struct order_cancel_in *in = req->input;
    struct order_facts o;
    struct settings s;
    int64_t id;
    TRY(own_order(req, &id));
    TRY(order_lock(&req->op, id, true, &o));
    TRY(settings_load(&req->op, &s));
    if (str_is(str_of(o.status), "paid") && !s.customer_cancels_paid)
        return err_set(&req->op, ERR_ILLEGAL_TRANSITION, NULL);
    TRY(order_event(&req->op, &o, &(struct order_event){ .event = "cancel", .cancel_reason = "customer", .reason = in->reason }));
    req->reply.resource = "order";
    req->reply.resource_id = id;
    req->reply.location = req->accept == ACCEPT_HTML ? arena_printf(req->op.arena, "/orders/%s", o.number) : NULL;
    return ERR_OK;
}

struct refund_iban_in {
    const char *iban;
};
static const struct field refund_iban_fields[] = {
    FIELD(F_TEXT, refund_iban_in, iban, .min = 1, .max = 40, .flags = F_REQUIRED, .doc = "where a refund by transfer goes"),
};
const struct schema refund_iban_in = SCHEMA(refund_iban_in, refund_iban_fields);

enum err order_refund_iban_post(struct request *req)
{
    const struct refund_iban_in *in = req->input;
    const char *iban;
    int64_t id;
    if (!text_iban(req->op.arena, str_of(in->iban), &iban)) {
        err_field(&req->op, "/iban", "bad_iban", NULL);
        return ERR_INVALID_FIELD;
    }
    TRY(own_order(req, &id));
    TRY(refund_give_iban(&req->op, id, req->vars[1], iban));
    req->reply.resource = "order";
    req->reply.resource_id = id;
    req->reply.location = req->accept == ACCEPT_HTML ? arena_printf(req->op.arena, "/orders/%s", req->vars[0]) : NULL;
    return ERR_OK;
}

enum err order_reorder_post(struct request *req)
{
    struct cart_owner owner = { .customer = req->principal.id };
    int64_t id;
    TRY(own_order(req, &id));
    TRY(cart_from_order(&req->op, id, req->principal.id));
    TRY(cart_find(&req->op, owner.customer, NULL, &owner.cart));
    req->reply.location = req->accept == ACCEPT_HTML ? "/cart" : NULL;
    return cart_view(&req->op, &owner, req->reply.view);
}

struct wallet_query {
    int64_t limit;
    const char *cursor, *format;
};
static const struct field wallet_fields[] = {
    FIELD(F_INT, wallet_query, limit, .min = 1, .max = 100),
    FIELD(F_TEXT, wallet_query, cursor, .max = 4000),
    FIELD(F_ENUM, wallet_query, format, .choices = " csv "),
};
const struct schema wallet_query = SCHEMA(wallet_query, wallet_fields);

static enum err wallet_statement(struct request *req)
{
    static const struct report_column columns[] = {
        { "at", ROW_TEXT, "زمان", "Time", report_moment, false },     { "kind", ROW_TEXT, "شرح", "What", report_word, false },
        { "number", ROW_TEXT, "سفارش", "Order", NULL, false }, { "amount", ROW_INT, "مبلغ", "Amount", NULL, false },
        { "held", ROW_INT, "رزرو", "Held", NULL, false },    { "balance", ROW_INT, "مانده", "Balance", NULL, false },
    };
    struct rows r;
    TRY(db_query(&req->op, &r, Q_WALLET_STATEMENT, P_INT(req->principal.id)));
    struct str csv = report_csv(&req->op, &r, columns, sizeof(columns) / sizeof(columns[0]));
    reply_header(req, "Content-Disposition", "attachment; filename=\"wallet.csv\"");
    reply_body(req, "text/csv; charset=utf-8", csv.p, csv.n);
    return ERR_OK;
}

static void topup_view(const struct settings *s, struct view *into)
{
    if (!s->topup_enabled) {
        view_null(into, "topup");
        return;
    }
    struct view *v = view_object(into, "topup");
    view_int(v, "minimum", s->topup_minimum);
    view_int(v, "maximum", s->topup_maximum);
}

enum err wallet_get(struct request *req)
{
    const struct wallet_query *q = req->params;
    struct op *op = &req->op;
    struct rows r;
    struct settings s;
    int64_t before, limit = cursor_limit(q->limit);
    if (q->format)
        return wallet_statement(req);
    TRY(cursor_read(op, "wallet", q->cursor, &before));
    struct queued *settings = settings_queue(op);
    TRY(db_query(op, &r, Q_WALLET_VIEW, P_INT(req->principal.id), P_OPT_INT(before), P_INT(limit)));
    settings_read(op, settings, &s);
    view_int(req->reply.view, "balance", row_int(&r, 0, "balance"));
    view_int(req->reply.view, "held", row_int(&r, 0, "held"));
    view_int(req->reply.view, "available", row_int(&r, 0, "balance") - row_int(&r, 0, "held"));
    view_text(req->reply.view, "currency", "IRT");
    topup_view(&s, req->reply.view);
    view_json(req->reply.view, "items", row_text(&r, 0, "items"));
    cursor_next(op, "wallet", row_int(&r, 0, "next"), req->reply.view);
    return ERR_OK;
}
