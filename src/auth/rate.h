/* How often somebody may ask. `rate.def` is the table of classes; counting is in PostgreSQL, so the
 * limits hold across workers and replicas. Over a limit the answer is 429 with the true number of
 * seconds left; params.captcha tells that a solved captcha opens the way. Everything here runs
 * outside the transaction of the work: a refusal must not take its own count back. Worker processes.
 *
 *   before:  rate_guard(op, RATE_COUPON, rate_address(op), altcha), and again with rate_cart(op, id)
 *   after a refused code:  rate_failure(op, RATE_COUPON, …) for the same keys */
#ifndef AUTH_RATE_H
#define AUTH_RATE_H

#include <stdint.h>

#include "core/err.h"

enum rate_class {
#define RATE(id, name, per_minute, failures, window) RATE_##id,
#include "auth/rate.def"
#undef RATE
    RATE_CLASS_COUNT
};

/* Keys. */
const char *rate_address(struct op *op); /* of op->client; IPv6 by its /64 */
const char *rate_cart(struct op *op, int64_t cart_id);
const char *rate_principal(struct op *op); /* customer or staff of op->actor, else the address */

/* Counts a request of `who` where the class has a limit. */
enum err rate_check(struct op *op, enum rate_class c, const char *who) MUST_CHECK;
/* Refuses while `who` has too many failures behind them. Counts nothing. */
enum err rate_blocked(struct op *op, enum rate_class c, const char *who) MUST_CHECK;
/* Both, and over a limit a captcha solved for this request lets it pass (`altcha` may be NULL; a
 * wrong one is ERR_CAPTCHA_INVALID). A captcha also forgives the failures of a COUPON key. */
enum err rate_guard(struct op *op, enum rate_class c, const char *who, const char *altcha) MUST_CHECK;
/* Counts a failure. ERR_RATE_LIMITED when the limit was passed already (failures that ran side by
 * side): the caller then answers with it instead of telling what was wrong. */
enum err rate_failure(struct op *op, enum rate_class c, const char *who) MUST_CHECK;
enum err rate_forgive(struct op *op, enum rate_class c, const char *who) MUST_CHECK;

#endif
