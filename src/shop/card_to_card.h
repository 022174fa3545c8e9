/* Transfers to the shop's card: the buyer sends the receipt's picture, the card's last four digits and
 * the transfer's reference; from then on the order waits for staff, who find the money or refuse the
 * receipt. A refused receipt leaves a fresh attempt as long as the order waits. Order processes. */
#ifndef SHOP_CARD_TO_CARD_H
#define SHOP_CARD_TO_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"

struct receipt {
    const char *uuid; /* of the payment */
    int64_t customer;
    struct str image; /* as sent */
    const char *last_four, *reference;
};

/* Inside a transaction whose first statement has not been sent: the picture is made before. A receipt
 * for an order that has expired meanwhile is taken too: the money may have come. */
enum err card_to_card_receipt(struct op *op, const struct receipt *in, int64_t *payment_id) MUST_CHECK;
/* Staff's word, inside a transaction: approved money counts for the order, or is held apart and sent
 * home when it cannot. `reason` is told to the buyer; NULL when approved. */
enum err card_to_card_decide(struct op *op, const char *uuid, bool approve, const char *reason, int64_t *payment_id) MUST_CHECK;
/* The picture, as WebP. */
enum err card_to_card_image(struct op *op, const char *uuid, struct str *image) MUST_CHECK;

#endif
