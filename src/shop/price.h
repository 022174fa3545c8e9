/* Pricing: from facts to a quote, a pure function. All amounts are IRT. The order of the lines does
 * not matter, the sum of the lines is the total, and what was allocated to a line is what a refund
 * of that line returns. Any process. */
#ifndef SHOP_PRICE_H
#define SHOP_PRICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct price_line {
    int64_t id; /* variant: breaks ties when a discount is spread, so that line order cannot matter */
    int64_t unit_price, quantity;
    int64_t tax_rate_bp;
    bool coupon_applies;
    /* results */
    int64_t subtotal; /* unit_price * quantity */
    int64_t discount; /* this line's share */
    int64_t tax;      /* inside `total` when prices include tax, on top of it otherwise */
    int64_t total;    /* what the buyer pays for the line */
};

struct price_coupon {
    bool percent;         /* value in basis points; otherwise IRT */
    int64_t value;
    int64_t max_discount; /* 0: none */
    int64_t min_subtotal; /* of the eligible lines */
};

enum price_note { PRICE_COUPON_USED = 1, PRICE_COUPON_MINIMUM = 2, PRICE_COUPON_NO_LINE = 4, PRICE_WALLET_LOWERED = 8 };

struct price {
    struct price_line *lines;
    size_t n;
    const struct price_coupon *coupon; /* NULL: none */
    int64_t shipping;
    bool prices_include_tax;
    int64_t wallet_available;  /* 0: the buyer does not want it */
    int64_t gateway_minimum;   /* a due below it (but not 0) lowers the wallet use */
    /* results */
    int64_t subtotal, discount, tax, total, wallet, due;
    bool below_minimum; /* due > 0 cannot reach the minimum: no gateway for this order */
    unsigned notes;     /* bits of enum price_note */
};

void price_compute(struct arena *scratch, struct price *p);
/* The part of a line's allocation that n units give back after r of q were refunded. */
int64_t price_refund_share(int64_t allocation, int64_t q, int64_t r, int64_t n);

#endif
