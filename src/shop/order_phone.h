/* An order that staff take by phone: placed through the same placement as everybody's, with a cart of
 * its own, and paid by a link without a session. The caller must name the total that was told to the customer; with none, or another, the
 * refusal cart_changed carries the quote, and nothing has been made. Order processes. */
#ifndef SHOP_ORDER_PHONE_H
#define SHOP_ORDER_PHONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct view;

struct phone_line {
    int64_t variant_id, quantity;
};

struct order_phone_in {
    int64_t customer;
    const char *name; /* kept when the customer has none yet; may be NULL */
    const struct phone_line *lines;
    size_t n;
    const struct view *address, *invoice_to;
    const char *shipping_method, *coupon, *note, *fingerprint;
    int64_t expected_total; /* INT64_MIN: not told */
    bool gift;
};

struct order_phone {
    int64_t id;
    const char *number;
    const char *token; /* of the payment link; NULL: nothing to pay */
};

/* Inside db_tx. */
enum err order_phone_place(struct op *op, const struct order_phone_in *in, struct order_phone *out) MUST_CHECK;

/* What the owner of a link may see and do. */
struct payment_link {
    int64_t order, customer;
    const char *number, *page; /* page: JSON */
    bool payable;
};
/* ERR_NOT_FOUND for a token never made, ERR_GONE when there is nothing to pay any more. */
enum err payment_link_find(struct op *op, const char *token, struct payment_link *out) MUST_CHECK;

#endif
