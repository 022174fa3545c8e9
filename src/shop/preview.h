/* What would this cart pay? A quote for goods that are in nobody's cart, also with a rate of tax or a
 * way of sending that is not yet in force. Everything is done in a transaction that is rolled back, by
 * the same code that serves buyers, so nothing stays and nothing can differ. Worker processes; not
 * inside a transaction. */
#ifndef SHOP_PREVIEW_H
#define SHOP_PREVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct view;

struct preview_line {
    int64_t variant_id, quantity;
};

struct preview_in {
    const struct preview_line *lines; /* none: the cart of `phone` */
    size_t n;
    const char *phone;                /* E.164; NULL: a stranger */
    const char *province, *shipping_method, *payment_method, *coupon;
    bool use_wallet;
    const char *tax_class, *tax_province; /* the rate tried: NULL standard, NULL everywhere */
    int64_t rate_bp;                  /* tried as if registered for VAT; INT64_MIN: none */
    bool inactive;                    /* ways of sending that are switched off are offered too */
};

/* The quote of api.md into `into`, and "by_method": the same goods by each way of sending: [{id, title,
 * charged, price, shipping, tax, total, due, ships_on, arrives_by, explain}]. */
enum err preview_quote(struct op *op, const struct preview_in *in, struct view *into) MUST_CHECK;

#endif
