/* An order under its locks: everything that decides what may happen to it. Taken in the order of
 * architecture: owner, order, coupon, variants; advisory first, then the rows. Inside a transaction.
 * Any process. */
#ifndef SHOP_ORDER_FACTS_H
#define SHOP_ORDER_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct order_item {
    int64_t id, variant_id, quantity, line_total, tax, discount, line_subtotal, reserved, shipped, canceled, returned,
        refunded_quantity, refunded_amount;
};

/* Units of a line, as a request names them. */
struct order_units {
    int64_t item_id, quantity;
};

struct order_parcel {
    int64_t id, version;
    const char *status;
    bool received; /* came back or was lost, and its units have been told */
};

struct order_payment {
    int64_t id, version, amount, captured, refund_committed, received_rial;
    const char *method, *gateway, *status;
    bool young, sent;
};

struct order_facts {
    int64_t id, customer_id, version, subtotal, discount, shipping, tax, total, wallet, due, coupon_id, coupon_lock, cart_id,
        coupon_seq_limit;
    const char *number, *status, *payment_method, *cancel_reason;
    bool prices_include_tax, returned_to_cart, expiry_extended, expired;
    struct order_item *items;
    size_t item_count;
    struct order_payment *payments;
    size_t payment_count;
    struct order_parcel *parcels; /* read with `stock` alone */
    size_t parcel_count;
};

/* With `stock`, the coupon and the variants are locked too: for events that move goods. Without it
 * they can still be locked afterwards (order_lock_goods): they come last in the order of locks. */
enum err order_lock(struct op *op, int64_t order_id, bool stock, struct order_facts *out) MUST_CHECK;

enum err order_lock_goods(struct op *op, const struct order_facts *o) MUST_CHECK;

struct order_item *order_item(const struct order_facts *o, int64_t item_id); /* NULL: not of this order */
size_t order_parcels(const struct order_facts *o, const char *status);
int64_t order_reserved(const struct order_facts *o);
int64_t order_shipped(const struct order_facts *o);
int64_t order_captured(const struct order_facts *o); /* IRT of all captured payments */
/* The captured payment that is not the wallet; NULL: none. */
struct order_payment *order_main_payment(const struct order_facts *o);
struct order_payment *order_payment(const struct order_facts *o, int64_t payment_id);
/* Can a late capture take stock, coupon and wallet hold again? Asks the database. */
enum err order_can_be_revived(struct op *op, const struct order_facts *o, bool *can) MUST_CHECK;

#endif
