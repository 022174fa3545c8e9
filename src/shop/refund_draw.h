/* Drawing refunds from an order's payments: each payment gives a row of its own, the one that is not the
 * wallet's first. The facts know what was drawn. Private to the refunds; inside a transaction, after
 * order_lock. Any process. */
#ifndef SHOP_REFUND_DRAW_H
#define SHOP_REFUND_DRAW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "shop/order_facts.h"
#include "shop/refund.h"

/* What a refund gives back, by ledger account. */
struct refund_parts {
    int64_t net, tax, shipping, allowance;
};

/* A request on its way into rows. */
struct refund_giving {
    const struct refund_in *in;
    struct refund_parts left;  /* to be shared out to the rows */
    bool waits, automatic;
    bool owed;     /* goes home in any case: who refuses it refuses the way alone */
    int64_t first; /* row; 0: none yet */
};

/* Takes the sum from the payments; ERR_REFUND_EXCEEDS when they have not so much left. */
enum err refund_draw(struct op *op, struct order_facts *o, int64_t amount, struct refund_giving *g) MUST_CHECK;
/* Gives n units of a line back: its frozen allocation, divided without a remainder. Their share. */
int64_t refund_add_line(struct op *op, struct order_item *i, int64_t units, struct refund_parts *parts);
/* What came and is not promised back. */
int64_t refund_remainder(const struct order_facts *o);
/* Earlier allowances came out of these parts: what is left to give is less by them. */
void refund_shrink(struct refund_parts *parts, int64_t less);

#endif
