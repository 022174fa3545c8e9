/* The single-use codes of a campaign. Web processes. */
#ifndef SHOP_COUPON_CODES_H
#define SHOP_COUPON_CODES_H

#include <stdint.h>

#include "core/err.h"
#include "core/str.h"

struct view;

#define COUPON_CODES_MAX 100000

/* `count` codes that cannot be guessed: 63 bits of chance each, without letters that look alike, behind
 * the prefix (folded; may be NULL). In the caller's transaction; some seconds for the most. */
enum err coupon_codes_make(struct op *op, int64_t coupon, const char *prefix, int64_t count) MUST_CHECK;
/* A page of them, {items: [{code, order, used_at}]}, ordered by when they were made. */
enum err coupon_codes_list(struct op *op, const char *campaign, int64_t after, int64_t limit, struct view *into, int64_t *next) MUST_CHECK;
/* All of them as CSV. */
enum err coupon_codes_csv(struct op *op, const char *campaign, struct str *csv) MUST_CHECK;

#endif
