/* Counting stock: the one way for staff to change what is on the shelf. Order processes, inside a
 * transaction. */
#ifndef SHOP_STOCK_H
#define SHOP_STOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct view;

struct stock_change {
    int64_t on_hand, delta;    /* exactly one; INT64_MIN: absent */
    int64_t expected_on_hand;  /* what the counter saw before; INT64_MIN: not told */
    const char *reason;
    int cancel_orders;         /* 1: orders give up what there is not; -1: absent */
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

/* The remedy for ERR_BELOW_RESERVED, in the same transaction as the count: orders that hold units give
 * up as many as there are too few, unpaid ones first, then the newest; an unpaid order is canceled
 * whole, a paid one loses lines and is refunded by itself. Counts as stock_count does.
 * `given_up` gets [{number, status, quantity}]. */
enum err stock_settle(struct op *op, int64_t variant, const struct stock_change *change,
                      struct stock_result *out, struct view *given_up) MUST_CHECK;
/* {items, next_id …}: see sql/queries/stock.sql. `before` INT64_MIN: from the newest. */
enum err stock_list(struct op *op, const char *q, bool low, int64_t limit, int64_t before, struct view *into,
                    int64_t *next) MUST_CHECK;
enum err stock_view(struct op *op, int64_t variant, int64_t limit, int64_t before, struct view **out, int64_t *next) MUST_CHECK;

#endif
