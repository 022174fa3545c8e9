/* Placing an order: the heart. A lock-free look, then one transaction: locks in their order, the
 * facts read again, the pure price, the refusals (out_of_stock, coupon_exhausted, cart_changed), the
 * writes. Two trips inside the transaction. Order processes. */
#ifndef SHOP_ORDER_PLACE_H
#define SHOP_ORDER_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct view;

#define PLACE_VARIANTS_MAX 64

struct place_in {
    int64_t cart, customer;
    const struct view *address;     /* snapshot {recipient, phone, province, city, line, …}; NULL: none given */
    const struct view *invoice_to;  /* snapshot (shop/invoice_to.h); NULL: no official invoice asked for */
    const char *shipping_method;
    const char *payment_method;     /* NULL: gateway */
    bool use_wallet;
    int64_t expected_total;         /* INT64_MIN: not told (staff on the phone): the total now counts */
    int64_t expected_due;           /* INT64_MIN: not told */
    int64_t cart_version;           /* INT64_MIN: not told */
    const char *note;
    const char *fingerprint;        /* of the whole request */
    const char *message;            /* to the customer of an order that is to be paid; NULL: order_placed */
};

/* What the look found out; the variants are those that will be locked. */
struct place_look {
    int64_t placed;     /* an order this very request has made already; 0: none */
    const char *number; /* of that order */
    int64_t coupon; /* 0: none */
    int64_t variants[PLACE_VARIANTS_MAX];
    size_t n;
};

/* Outside the transaction (or before its first statement). Refuses a sold-out cart without queueing. */
enum err order_place_look(struct op *op, const struct place_in *in, struct place_look *look) MUST_CHECK;
/* Inside db_tx. Everything is queued when it returns; the order exists after the commit. */
struct placed {
    int64_t id, due;
    const char *number;
    bool before; /* by an equal request that was in the queue before this one: nothing is queued */
};
enum err order_place(struct op *op, const struct place_in *in, const struct place_look *look,
                     struct placed *out) MUST_CHECK;

#endif
