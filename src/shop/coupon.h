/* Coupons: what strangers may learn of a code, and what staff keep. A campaign is a coupon whose codes
 * are many, each good once; nobody types its own name. Web processes; coupon_lock_rows also others. */
#ifndef SHOP_COUPON_H
#define SHOP_COUPON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct view;

/* Is the code (folded) worth putting into a cart? Unknown, archived, expired and not yet valid codes
 * are all ERR_COUPON_INVALID and look the same; a used-up one is ERR_COUPON_EXHAUSTED. */
enum err coupon_check(struct op *op, const char *code, int64_t customer) MUST_CHECK;
/* Queues the row lock of what coupon_lock_of (sql/functions/coupons.sql) names: the limited coupon's
 * row or the single-use code's, never both. After its advisory lock. */
void coupon_lock_rows(struct op *op, int64_t id);

/* Rules as staff type them. INT64_MIN and NULL: not given. */
struct coupon_in {
    const char *code;
    const char *kind;                    /* "percent" or "fixed", with value in basis points or IRT … */
    int64_t value, percent, amount;      /* … or one of these: millionths of a percent, IRT */
    int64_t usage_limit, per_customer_limit, min_subtotal, max_discount, starts_at, ends_at;
    int64_t ends_on;                     /* the last day, instead of ends_at */
    const char *categories, *products;   /* slugs (products: or SKUs) with commas or blanks between */
    int64_t codes;                       /* so many single-use codes: a campaign */
    const char *prefix;                  /* of its codes */
};
/* Which of them a change names, also as null. */
struct coupon_given {
    bool usage_limit, per_customer_limit, max_discount, starts_at, ends_at, categories, products;
};

enum err coupon_create(struct op *op, const struct coupon_in *in) MUST_CHECK;
/* Lowering usage_limit below the uses is ERR_COUPON_LIMIT_BELOW_USED. Orders keep what was agreed. */
enum err coupon_change(struct op *op, const char *code, const struct coupon_in *in, const struct coupon_given *given) MUST_CHECK;
enum err coupon_archive(struct op *op, const char *code) MUST_CHECK;
/* {items}, and *next: INT64_MIN at the end. archived: 1, 0, or -1 for all. */
enum err coupon_list(struct op *op, int archived, int64_t before, int64_t limit, struct view *into, int64_t *next) MUST_CHECK;

#endif
