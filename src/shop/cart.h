/* The cart of a guest (found by an opaque cookie) or of a customer. Every change raises `version`.
 * Changes are made inside a transaction, under the owner's lock, so that two tabs never lose or
 * double a line. Web and order processes. */
#ifndef SHOP_CART_H
#define SHOP_CART_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct view;

struct cart_owner {
    int64_t cart;     /* 0: none yet */
    int64_t customer; /* 0: a guest */
};

/* The cart of a customer or of a cookie's token; 0 when there is none. No lock, any time. */
enum err cart_find(struct op *op, int64_t customer, const char *token, int64_t *cart) MUST_CHECK;
/* Makes the cart on the first change. A guest gets a new token (*token set: send it as a cookie). */
enum err cart_make(struct op *op, struct cart_owner *owner, const char **token) MUST_CHECK;

enum err cart_add(struct op *op, const struct cart_owner *owner, int64_t variant, int64_t quantity) MUST_CHECK;
enum err cart_set(struct op *op, const struct cart_owner *owner, int64_t variant, int64_t quantity) MUST_CHECK;
enum err cart_remove(struct op *op, const struct cart_owner *owner, int64_t variant) MUST_CHECK;
enum err cart_coupon(struct op *op, const struct cart_owner *owner, const char *code) MUST_CHECK; /* NULL: none */
/* The buyer has seen the notices: today's prices are the known ones from now on. */
enum err cart_seen(struct op *op, const struct cart_owner *owner) MUST_CHECK;
/* A line moves to what is kept for later and back; kept lines are no part of an order and outlive it. */
enum err cart_save(struct op *op, const struct cart_owner *owner, int64_t variant) MUST_CHECK;
enum err cart_restore(struct op *op, const struct cart_owner *owner, int64_t variant) MUST_CHECK;
enum err cart_forget(struct op *op, const struct cart_owner *owner, int64_t variant) MUST_CHECK;
/* At login: the guest's lines join the customer's (quantities add, capped by stock and by the limit);
 * what was capped is told in `notices` ([{code, variant_id, quantity}]) and by the cart until it was seen. */
enum err cart_merge(struct op *op, int64_t guest_cart, int64_t customer, struct view *notices) MUST_CHECK;
/* A canceled or expired order's lines and coupon go back into the customer's cart, once; one that still
 * waits for payment is canceled first, in the same transaction. */
enum err cart_from_order(struct op *op, int64_t order_id, int64_t customer) MUST_CHECK;
/* What was typed into the checkout, kept between pages. JSON text. */
enum err cart_keep_form(struct op *op, const struct cart_owner *owner, const struct view *form) MUST_CHECK;
enum err cart_view(struct op *op, const struct cart_owner *owner, struct view *into) MUST_CHECK;

#endif
