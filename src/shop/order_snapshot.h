/* The snapshot: what an order will say for ever, whatever becomes of the catalogue, the customer and the
 * settings. As JSON for q_order_insert; in the arena. Pure. Order processes. */
#ifndef SHOP_ORDER_SNAPSHOT_H
#define SHOP_ORDER_SNAPSHOT_H

#include "core/err.h"

struct checkout;
struct place_in;
struct price;
struct rows;

const char *snapshot_money(struct op *op, const struct price *price);
/* Parties, ways and words. `buyer`: the row of q_buyer; `method`: how the due will be paid, NULL: nothing to pay. */
const char *snapshot_facts(struct op *op, const struct place_in *in, const struct checkout *c, const struct rows *buyer,
                           const char *method);
const char *snapshot_lines(struct op *op, const struct checkout *c);

#endif
