/* Returns: goods that a customer gives back after delivery. Asked for within the working days that
 * the law gives, decided by staff, received, and paid back by the frozen share of each unit. Nothing
 * goes back on the shelf unless staff tell so. Inside a transaction, after order_lock with `stock`.
 * Order processes. */
#ifndef SHOP_RETURNS_H
#define SHOP_RETURNS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"
#include "shop/order_facts.h"
#include "shop/refund.h"
#include "shop/shipment.h"

struct return_line {
    int64_t item_id, quantity; /* quantity 0: none of this line */
    const char *reason;
};

#define RETURN_PHOTOS_MAX 4

/* The pictures of a request, made anew in place. Before the transaction's first statement; too many, or
 * one that is no picture, is an error of the field "/photos". */
enum err return_photos_make(struct op *op, struct str *photos, size_t n) MUST_CHECK;
void return_photos_add(struct op *op, int64_t id, const struct str *photos, size_t n);

/* ERR_ILLEGAL_TRANSITION unless the order is delivered, ERR_RETURN_TOO_LATE after the last day; a line
 * that cannot be returned, or more of it than is with the customer, is a field error. */
enum err return_request(struct op *op, struct order_facts *o, const struct return_line *lines, size_t n, int64_t *id) MUST_CHECK;

/* Finds a return and takes the locks of its order. */
enum err return_open(struct op *op, const char *uuid, struct order_facts *o, int64_t *id) MUST_CHECK;
/* "approve", "refuse" and "close" (nothing came back). */
enum err return_decide(struct op *op, const struct order_facts *o, int64_t id, const char *event, const char *reason) MUST_CHECK;
/* What came: fewer units than asked for are possible, more are not. */
enum err return_receive(struct op *op, struct order_facts *o, int64_t id, const struct units_back *back, size_t n) MUST_CHECK;
/* The received units give back their share; `refund` says where to. With nothing to give: closed. While
 * the refund waits for a second person the return stays received. */
enum err return_refund(struct op *op, struct order_facts *o, int64_t id, const struct refund_in *refund) MUST_CHECK;
/* That person approved: the return is paid. */
enum err return_paid(struct op *op, int64_t id, int64_t refund_id) MUST_CHECK;

#endif
