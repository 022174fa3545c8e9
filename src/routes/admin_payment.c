/* Staff: receipts of transfers, and the messages of payment providers. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "db/outbox.h"
#include "routes/cursor.h"
#include "shop/card_to_card.h"

#define UNRESOLVED "/admin/payments?unresolved=true"

struct payment_reject_in {
    const char *reason;
};
static const struct field payment_reject_fields[] = {
    FIELD(F_LONGTEXT, payment_reject_in, reason, .min = 1, .max = 300, .flags = F_REQUIRED, .doc = "the buyer reads it"),
};
const struct schema payment_reject_in = SCHEMA(payment_reject_in, payment_reject_fields);

enum err admin_receipt_get(struct request *req)
{
    struct str image;
    TRY(card_to_card_image(&req->op, req->vars[0], &image));
    reply_body(req, "image/webp", image.p, image.n);
    return ERR_OK;
}

static enum err decide(struct request *req, bool approve, const char *reason)
{
    struct op *op = &req->op;
    TRY(card_to_card_decide(op, req->vars[0], approve, reason, &req->reply.resource_id));
    audit_write(op, approve ? "payment.approve" : "payment.reject", arena_printf(op->arena, "payment:%s", req->vars[0]), NULL,
                req->tree);
    req->reply.resource = "payment";
    req->reply.location = req->accept == ACCEPT_HTML ? UNRESOLVED : NULL;
    return ERR_OK;
}

enum err admin_payment_approve_post(struct request *req)
{
    return decide(req, true, NULL);
}

enum err admin_payment_reject_post(struct request *req)
{
    const struct payment_reject_in *in = req->input;
    return decide(req, false, in->reason);
}

enum err admin_webhook_list_get(struct request *req)
{
    const struct list_query *q = req->params;
    struct op *op = &req->op;
    struct rows r;
    int64_t before, limit = cursor_limit(q->limit);
    TRY(cursor_read(op, "webhooks", q->cursor, &before));
    TRY(db_query(op, &r, Q_WEBHOOK_LIST, P_OPT_INT(before), P_INT(limit)));
    view_json(req->reply.view, "items", row_text(&r, 0, "items"));
    cursor_next(op, "webhooks", row_int(&r, 0, "next"), req->reply.view);
    return ERR_OK;
}

/* As if the message came again: the bank is asked, in the background. */
enum err admin_webhook_replay_post(struct request *req)
{
    struct op *op = &req->op;
    struct rows r;
    int64_t id, payment;
    if (!str_int(str_of(req->vars[0]), &id))
        return err_set(op, ERR_NOT_FOUND, NULL);
    TRY(db_query(op, &r, Q_WEBHOOK_EVENT, P_INT(id)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    payment = row_int_or(&r, 0, "payment", 0);
    if (!payment)
        return err_set(op, ERR_CONFLICT, NULL);
    struct view *payload = view_new(op->arena);
    view_int(payload, "payment_id", payment);
    outbox_add(op, "payment_settle", arena_printf(op->arena, "replay:%lld", (long long)id), payload, 0);
    audit_write(op, "webhook.replay", arena_printf(op->arena, "webhook:%lld", (long long)id), NULL, NULL);
    view_int(req->reply.view, "id", id);
    view_text(req->reply.view, "status", "queued");
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/webhooks" : NULL;
    return ERR_OK;
}
