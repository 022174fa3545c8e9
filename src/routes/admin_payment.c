/* Staff: receipts of transfers. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
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
