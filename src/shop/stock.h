/* Counting stock: the one way for staff to change what is on the shelf. Order processes, inside a
 * transaction. */
#ifndef SHOP_STOCK_H
#define SHOP_STOCK_H

#include <stdint.h>

#include "core/err.h"

struct stock_change {
    int64_t on_hand, delta;    /* exactly one; INT64_MIN: absent */
    int64_t expected_on_hand;  /* what the counter saw before; INT64_MIN: not told */
    const char *reason;
};

struct stock_result {
    int64_t was, on_hand, reserved;
    const char *sku, *slug; /* slug of the product */
};

/* Takes the variant's lock and row, checks, and inserts the movement. ERR_STOCK_CHANGED when the
 * stock is not what was expected; ERR_BELOW_RESERVED with the orders that hold units when the new
 * count is below what they have reserved. */
enum err stock_count(struct op *op, int64_t variant, const struct stock_change *change,
                     struct stock_result *out) MUST_CHECK;

#endif
