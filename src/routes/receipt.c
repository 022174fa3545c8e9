/* The receipt of a transfer, sent by its buyer. */
#include "routes/handlers.h"

#include "core/arena.h"
#include "db/db.h"
#include "shop/card_to_card.h"

struct receipt_in {
    const struct upload *image;
    const char *last_four, *reference;
};
static const struct field receipt_fields[] = {
    FIELD(F_FILE, receipt_in, image, .flags = F_REQUIRED, .doc = "JPEG, PNG or WebP, at most 8 MiB"),
    FIELD(F_DIGITS, receipt_in, last_four, .min = 4, .max = 4, .flags = F_REQUIRED, .doc = "of the card that paid"),
    FIELD(F_CODE, receipt_in, reference, .min = 4, .max = 40, .flags = F_REQUIRED, .doc = "of the transfer"),
};
const struct schema receipt_in = SCHEMA(receipt_in, receipt_fields);

enum err payment_receipt_post(struct request *req)
{
    const struct receipt_in *in = req->input;
    struct receipt receipt = { .uuid = req->vars[0], .customer = req->principal.id, .image = in->image->data,
        .last_four = in->last_four, .reference = in->reference };
    TRY(card_to_card_receipt(&req->op, &receipt, &req->reply.resource_id));
    req->reply.resource = "payment";
    req->reply.location = req->accept == ACCEPT_HTML ? request_back(req) : NULL;
    return ERR_OK;
}
