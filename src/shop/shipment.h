/* Parcels: units of an order that go out together, what becomes of them on their way, and what comes
 * back. The order follows by itself: `ship` when nothing is reserved any more, `deliver` when every
 * parcel has ended and one arrived. Inside a transaction, after order_lock with `stock`. Order
 * processes. */
#ifndef SHOP_SHIPMENT_H
#define SHOP_SHIPMENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "shop/order_facts.h"

struct shipment_in {
    const struct order_units *units; /* quantity 0: none of this line */
    size_t n;
    const char *carrier, *tracking_number; /* may be NULL */
};

/* Units of a line that came back, as the shelf keeper tells. */
struct units_back {
    int64_t item_id, restocked, written_off;
};

/* Only while the order is in preparation; more than is reserved is a field error. */
enum err shipment_create(struct op *op, struct order_facts *o, const struct shipment_in *in, int64_t *id) MUST_CHECK;
/* "delivered", "failed", "returned_to_sender" or "lost". A lost parcel's units are written off at
 * once. ERR_NOT_FOUND for a parcel of another order. */
enum err shipment_change(struct op *op, struct order_facts *o, int64_t id, const char *status) MUST_CHECK;
/* A parcel that was returned to sender is here again: every unit of it is on the shelf or written
 * off. Once. */
enum err shipment_receive(struct op *op, struct order_facts *o, int64_t id, const struct units_back *back, size_t n) MUST_CHECK;

#endif
