/* Money: integers in the currency's unit (IRT: Toman, no decimals). The bank speaks Rial, ten to a
 * Toman; only gateways convert. Never a float. Pure. Any process. */
#ifndef CORE_MONEY_H
#define CORE_MONEY_H

#include <stddef.h>
#include <stdint.h>

#include "core/lang.h"

struct arena;

#define MONEY_MAX INT64_C(1000000000000000) /* 10^15 IRT: sums of many stay far inside int64 */
#define MONEY_RIAL_PER_TOMAN 10
#define MONEY_BP 10000 /* basis points in the whole */

/* amount * bp / 10000, rounded half up (away from zero only for halves ≥ 0; amount ≥ 0). */
int64_t money_percent(int64_t amount, int64_t bp);
/* amount * num / den rounded half up, 0 ≤ num, den > 0; the product is computed in 128 bits. */
int64_t money_scale(int64_t amount, int64_t num, int64_t den);
/* Spreads `total` over `n` weights by largest remainder (ties: earlier line first): the shares sum
 * to total exactly, none is negative, none exceeds its weight when total ≤ sum of weights. All
 * weights 0: all shares 0 (total must then be 0). */
void money_spread(int64_t total, const int64_t *weights, int64_t *shares, size_t n);
/* The tax inside a tax-inclusive amount: amount - round(amount * 10000 / (10000 + bp)). */
int64_t money_tax_included(int64_t amount, int64_t bp);

/* «۲۵۰٬۰۰۰» or "250,000"; no unit. */
const char *money_format(struct arena *a, int64_t amount, enum lang lang);
/* «۲۵۰٬۰۰۰ تومان» or "250,000 Toman". */
const char *money_toman(struct arena *a, int64_t amount, enum lang lang);
/* The same sum in Rial: «۲٬۵۰۰٬۰۰۰ ریال». */
const char *money_rial(struct arena *a, int64_t amount, enum lang lang);
/* In words, for invoices: «دویست و پنجاه هزار تومان». */
const char *money_words(struct arena *a, int64_t amount, enum lang lang);

#endif
