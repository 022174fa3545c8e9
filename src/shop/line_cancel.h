/* Canceling lines of an order that is paid or in preparation: units that will not be sent go back to
 * the shelf and give back their share by themselves. The order's figures stay as they were placed.
 * Inside a transaction, after order_lock with `stock`. Order processes. */
#ifndef SHOP_LINE_CANCEL_H
#define SHOP_LINE_CANCEL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "shop/order_facts.h"

struct line_cancel_in {
    const struct order_units *units; /* quantity 0: none of this line */
    size_t n;
    const char *reason;
    const char *refund_to;           /* NULL: undirected */
    bool wallet_consent;
};

/* The last units of an order of which nothing was shipped are its cancel event. When something was,
 * the order ships with what it has. */
enum err line_cancel(struct op *op, struct order_facts *o, const struct line_cancel_in *in) MUST_CHECK;

#endif
