/* Receipts of transfers. */
#include "shop/card_to_card.h"

#include <string.h>

#include "core/arena.h"
#include "core/money.h"
#include "core/view.h"
#include "db/db.h"
#include "db/outbox.h"
#include "db/tx.h"
#include "shop/gateway.h"
#include "shop/media.h"
#include "shop/order_facts.h"
#include "shop/payment.h"

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

static bool may_send(const struct order_facts *o, const struct order_payment *p)
{
    if (is(p->status, "created"))
        return is(o->status, "pending");
    return is(p->status, "canceled") && is(o->status, "canceled") && is(o->cancel_reason, "expired");
}

enum err card_to_card_receipt(struct op *op, const struct receipt *in, int64_t *payment_id)
{
    struct media_file file;
    struct str image;
    struct order_facts o;
    struct rows r;
    TRY(media_make(op, in->image, &file, &image));
    TRY(db_look(op, &r, Q_RECEIPT_OWN, P_TEXT(in->uuid), P_INT(in->customer)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *payment_id = row_int(&r, 0, "id");
    TRY(order_lock(op, row_int(&r, 0, "order_id"), false, &o));
    const struct order_payment *p = order_payment(&o, *payment_id);
    if (!may_send(&o, p))
        return err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
    db_queue(op, Q_RECEIPT_REVIEW, P_INT(p->id), P_INT(p->version), P_TEXT(in->reference),
             P_TEXT(arena_printf(op->arena, "****%s", in->last_four)));
    db_queue(op, Q_RECEIPT_STORE, P_INT(p->id), P_BYTES(image.p, image.n));
    return ERR_OK;
}

static void tell_refused(struct op *op, const struct order_facts *o, int64_t payment_id)
{
    struct view *payload = view_new(op->arena);
    view_int(payload, "order_id", o->id);
    view_int(payload, "payment_id", payment_id);
    view_text(payload, "message", "receipt_refused");
    outbox_add(op, "order_message", arena_printf(op->arena, "receipt_refused:%lld", (long long)payment_id), payload, 0);
}

static void refuse(struct op *op, const struct order_facts *o, const struct order_payment *p, const char *reason)
{
    db_queue(op, Q_PAYMENT_MOVE, P_INT(p->id), P_INT(p->version), P_TEXT("fail"), P_TEXT("failed"), P_TEXT(reason));
    if (is(o->status, "pending") && !o->expired)
        db_queue(op, Q_PAYMENT_OFFLINE, P_INT(o->id), P_INT(o->customer_id), P_TEXT(p->method), P_INT(o->due));
    tell_refused(op, o, p->id);
}

enum err card_to_card_decide(struct op *op, const char *uuid, bool approve, const char *reason, int64_t *payment_id)
{
    struct order_facts o;
    struct rows r;
    enum settle_outcome outcome;
    TRY(db_look(op, &r, Q_RECEIPT_OF, P_TEXT(uuid)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *payment_id = row_int(&r, 0, "id");
    TRY(order_lock(op, row_int(&r, 0, "order_id"), false, &o));
    const struct order_payment *p = order_payment(&o, *payment_id);
    if (!is(p->status, "in_review"))
        return err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
    if (!approve) {
        refuse(op, &o, p, reason);
        return ERR_OK;
    }
    struct gateway_report found = { .state = GATEWAY_PAID, .amount_rial = p->amount * MONEY_RIAL_PER_TOMAN,
        .reference = row_text(&r, 0, "reference"), .card = row_text(&r, 0, "card") };
    return payment_received(op, &o, *payment_id, &found, &outcome);
}

enum err card_to_card_image(struct op *op, const char *uuid, struct str *image)
{
    struct rows r;
    TRY(db_query(op, &r, Q_RECEIPT_IMAGE, P_TEXT(uuid)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *image = row_bytes(op, &r, 0, "image");
    return ERR_OK;
}
