/* Staff: what happens to refunds: the list, a second person's word, transfers that were made. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "routes/cursor.h"
#include "shop/refund.h"

#define OPEN_REFUNDS "/admin/refunds?status=open"

struct refund_done_in {
    const char *reference;
};
static const struct field refund_done_fields[] = {
    FIELD(F_TEXT, refund_done_in, reference, .min = 1, .max = 100, .flags = F_REQUIRED, .doc = "of the bank transfer"),
};
const struct schema refund_done_in = SCHEMA(refund_done_in, refund_done_fields);

struct refund_refuse_in {
    const char *reason;
};
static const struct field refund_refuse_fields[] = {
    FIELD(F_LONGTEXT, refund_refuse_in, reason, .min = 1, .max = 300, .flags = F_REQUIRED, .doc = "for staff; the customer does not see it"),
};
const struct schema refund_refuse_in = SCHEMA(refund_refuse_in, refund_refuse_fields);

struct refund_query {
    const char *status, *cursor;
    int64_t limit;
};
static const struct field refund_query_fields[] = {
    FIELD(F_ENUM, refund_query, status, .doc = "open: all that somebody must still see to",
          .choices = " open awaiting_approval requested sent unknown awaiting_transfer done refused "),
    FIELD(F_TEXT, refund_query, cursor, .max = 4000),
    FIELD(F_INT, refund_query, limit, .min = 1, .max = 100),
};
const struct schema refund_query = SCHEMA(refund_query, refund_query_fields);

enum err admin_refund_list_get(struct request *req)
{
    const struct refund_query *q = req->params;
    struct op *op = &req->op;
    struct rows r;
    int64_t before, limit = cursor_limit(q->limit);
    const char *list = arena_printf(op->arena, "refunds %s", q->status ? q->status : "");
    TRY(cursor_read(op, list, q->cursor, &before));
    TRY(db_query(op, &r, Q_ADMIN_REFUND_LIST, P_TEXT(q->status), P_OPT_INT(before), P_INT(limit)));
    view_json(req->reply.view, "items", row_text(&r, 0, "items"));
    view_text(req->reply.view, "status", q->status);
    cursor_next(op, list, row_int(&r, 0, "next"), req->reply.view);
    return ERR_OK;
}

static void answer(struct request *req, const char *action)
{
    audit_write(&req->op, action, arena_printf(req->op.arena, "refund:%s", req->vars[0]), NULL, req->tree);
    req->reply.resource = "refund";
    req->reply.location = req->accept == ACCEPT_HTML ? OPEN_REFUNDS : NULL;
}

enum err admin_refund_approve_post(struct request *req)
{
    TRY(refund_decide(&req->op, req->vars[0], true, NULL, &req->reply.resource_id));
    answer(req, "refund.approve");
    return ERR_OK;
}

enum err admin_refund_refuse_post(struct request *req)
{
    const struct refund_refuse_in *in = req->input;
    TRY(refund_decide(&req->op, req->vars[0], false, in->reason, &req->reply.resource_id));
    answer(req, "refund.refuse");
    return ERR_OK;
}

struct refund_word_in {
    int paid_out;
};
static const struct field refund_word_fields[] = {
    FIELD(F_BOOL, refund_word_in, paid_out, .flags = F_REQUIRED, .doc = "what the bank told you; false: it failed, and is to be transferred"),
};
const struct schema refund_word_in = SCHEMA(refund_word_in, refund_word_fields);

enum err admin_refund_word_post(struct request *req)
{
    const struct refund_word_in *in = req->input;
    TRY(refund_speak(&req->op, req->vars[0], in->paid_out == 1, &req->reply.resource_id));
    answer(req, in->paid_out == 1 ? "refund.settled" : "refund.failed");
    return ERR_OK;
}

enum err admin_refund_done_post(struct request *req)
{
    const struct refund_done_in *in = req->input;
    struct rows r;
    TRY(refund_transferred(&req->op, req->vars[0], in->reference));
    TRY(db_query(&req->op, &r, Q_REFUND_ROUTE, P_TEXT(req->vars[0])));
    req->reply.resource_id = row_int(&r, 0, "id");
    answer(req, "refund.transferred");
    return ERR_OK;
}
