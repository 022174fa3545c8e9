/* Staff: giving money back, and unresolved money. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "routes/cursor.h"
#include "shop/order_facts.h"
#include "shop/payment.h"
#include "shop/refund.h"

#define MONEY_LIMIT INT64_C(1000000000000)

static const struct field refund_line_fields[] = {
    FIELD(F_INT, refund_line, item_id, .min = 1, .max = INT64_MAX, .flags = F_REQUIRED),
    FIELD(F_INT, refund_line, quantity, .min = 0, .max = 1000, .flags = F_REQUIRED, .doc = "0: none of this line"),
};
static const struct schema refund_line_in = SCHEMA(refund_line, refund_line_fields);

struct refund_post_in {
    int64_t amount;
    const struct refund_line *lines;
    size_t line_count;
    const char *to, *iban, *reference, *reason;
    int shipping, wallet_consent;
};
static const struct field refund_post_fields[] = {
    FIELD(F_INT, refund_post_in, amount, .min = 1, .max = MONEY_LIMIT, .doc = "instead of lines and shipping"),
    FIELD(F_ARRAY, refund_post_in, lines, .min = 1, .max = 100, .sub = &refund_line_in,
          .count_offset = offsetof(struct refund_post_in, line_count)),
    FIELD(F_BOOL, refund_post_in, shipping, .doc = "also what is left of the shipping"),
    FIELD(F_ENUM, refund_post_in, to, .choices = " gateway wallet manual "),
    FIELD(F_TEXT, refund_post_in, iban, .max = 40),
    FIELD(F_TEXT, refund_post_in, reference, .max = 100),
    FIELD(F_LONGTEXT, refund_post_in, reason, .max = 500, .flags = F_REQUIRED),
    FIELD(F_BOOL, refund_post_in, wallet_consent),
};
const struct schema refund_post_in = SCHEMA(refund_post_in, refund_post_fields);

static enum err check_input(struct op *op, const struct refund_post_in *in, const char **iban)
{
    int64_t units = 0;
    *iban = NULL;
    for (size_t k = 0; k < in->line_count; k++)
        units += in->lines[k].quantity;
    bool by_line = in->line_count > 0 || in->shipping == 1;
    if ((in->amount == INT_ABSENT) == !by_line)
        err_field(op, "/amount", "required", NULL);
    else if (by_line && units == 0 && in->shipping != 1)
        err_field(op, "/lines", "required", NULL);
    if (in->iban && !text_iban(op->arena, str_of(in->iban), iban))
        err_field(op, "/iban", "bad_iban", NULL);
    return op->err->code;
}

enum err admin_refund_post(struct request *req)
{
    const struct refund_post_in *in = req->input;
    struct op *op = &req->op;
    struct order_facts o;
    struct rows r;
    const char *iban;
    TRY(check_input(op, in, &iban));
    TRY(db_look(op, &r, Q_ORDER_BY_NUMBER, P_TEXT(req->vars[0])));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    TRY(order_lock(op, row_int(&r, 0, "id"), false, &o));
    struct refund_in refund = { .amount = in->amount == INT_ABSENT ? 0 : in->amount, .lines = in->lines,
        .line_count = in->line_count, .shipping = in->shipping == 1, .target = in->to, .consent = in->wallet_consent == 1, .iban = iban,
        .reference = in->reference, .reason = in->reason };
    TRY(refund_order(op, &o, &refund, &req->reply.resource_id));
    audit_write(op, "order.refund", arena_printf(op->arena, "order:%s", req->vars[0]), NULL, req->tree);
    req->reply.resource = "refund";
    reply_created(req, arena_printf(op->arena, "/admin/orders/%s", req->vars[0]));
    return ERR_OK;
}

struct admin_payment_query {
    int unresolved;
    const char *cursor;
    int64_t limit;
};
static const struct field admin_payment_fields[] = {
    FIELD(F_BOOL, admin_payment_query, unresolved),
    FIELD(F_TEXT, admin_payment_query, cursor, .max = 4000),
    FIELD(F_INT, admin_payment_query, limit, .min = 1, .max = 100),
};
const struct schema admin_payment_query = SCHEMA(admin_payment_query, admin_payment_fields);

enum err admin_payment_list_get(struct request *req)
{
    const struct admin_payment_query *q = req->params;
    struct op *op = &req->op;
    struct rows r;
    bool unresolved = q->unresolved == 1;
    const char *list = unresolved ? "unresolved" : "payments";
    int64_t before, limit = cursor_limit(q->limit);
    TRY(cursor_read(op, list, q->cursor, &before));
    TRY(db_query(op, &r, Q_ADMIN_PAYMENT_LIST, P_BOOL(unresolved), P_OPT_INT(before), P_INT(limit)));
    view_json(req->reply.view, "items", row_text(&r, 0, "items"));
    view_bool(req->reply.view, "unresolved", unresolved);
    cursor_next(op, list, row_int(&r, 0, "next"), req->reply.view);
    return ERR_OK;
}

/* "Check now": the bank is asked at once, by the same settlement as everybody's. */
enum err admin_payment_check_post(struct request *req)
{
    struct rows r;
    enum settle_outcome outcome;
    TRY(db_query(&req->op, &r, Q_PAYMENT_BY_UUID, P_TEXT(req->vars[0])));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    TRY(payment_settle(&req->op, row_int(&r, 0, "id"), &outcome));
    req->reply.resource = "payment";
    req->reply.resource_id = row_int(&r, 0, "id");
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/payments?unresolved=true" : NULL;
    return ERR_OK;
}
