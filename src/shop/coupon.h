/* Coupons: what strangers may learn of a code, and what staff keep. Web processes. */
#ifndef SHOP_COUPON_H
#define SHOP_COUPON_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct view;

/* Is the code (folded) worth putting into a cart? Unknown, archived, expired and not yet valid codes
 * are all ERR_COUPON_INVALID and look the same; a used-up one is ERR_COUPON_EXHAUSTED. */
enum err coupon_check(struct op *op, const char *code, int64_t customer) MUST_CHECK;

struct coupon_in {
    const char *code, *kind;
    int64_t value, usage_limit, per_customer_limit, min_subtotal, max_discount, starts_at, ends_at; /* INT64_MIN: none */
    const int64_t *categories, *products;
    size_t category_count, product_count;
};
enum err coupon_create(struct op *op, const struct coupon_in *in, int64_t *id) MUST_CHECK;
enum err coupon_list(struct op *op, int64_t before, int64_t limit, struct view *into) MUST_CHECK;
enum err coupon_set_limit(struct op *op, const char *code, int64_t usage_limit) MUST_CHECK;
enum err coupon_archive(struct op *op, const char *code) MUST_CHECK;

#endif
