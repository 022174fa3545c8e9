/* Pricing. */
#include "shop/price.h"

#include <stdlib.h>

#include "core/arena.h"
#include "core/money.h"

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int by_id(const void *a, const void *b)
{
    const struct price_line *x = *(const struct price_line *const *)a;
    const struct price_line *y = *(const struct price_line *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

static int64_t coupon_discount(struct price *p, int64_t eligible)
{
    const struct price_coupon *c = p->coupon;
    if (!c)
        return 0;
    if (eligible == 0) {
        p->notes |= PRICE_COUPON_NO_LINE;
        return 0;
    }
    if (eligible < c->min_subtotal) {
        p->notes |= PRICE_COUPON_MINIMUM;
        return 0;
    }
    int64_t discount = c->percent ? money_percent(eligible, c->value) : c->value;
    if (c->max_discount > 0)
        discount = min64(discount, c->max_discount);
    p->notes |= PRICE_COUPON_USED;
    return min64(discount, eligible);
}

static void spread_discount(struct arena *scratch, struct price *p)
{
    struct price_line **sorted = arena_array(scratch, struct price_line *, p->n + 1);
    int64_t *weights = arena_array(scratch, int64_t, p->n + 1);
    int64_t *shares = arena_array(scratch, int64_t, p->n + 1);
    int64_t eligible = 0;
    for (size_t i = 0; i < p->n; i++)
        sorted[i] = &p->lines[i];
    qsort(sorted, p->n, sizeof(*sorted), by_id);
    for (size_t i = 0; i < p->n; i++) {
        weights[i] = sorted[i]->coupon_applies ? sorted[i]->subtotal : 0;
        eligible += weights[i];
    }
    p->discount = coupon_discount(p, eligible);
    if (p->discount == 0)
        return;
    money_spread(p->discount, weights, shares, p->n);
    for (size_t i = 0; i < p->n; i++)
        sorted[i]->discount = shares[i];
}

static void tax_line(const struct price *p, struct price_line *l)
{
    int64_t net = l->subtotal - l->discount;
    if (p->prices_include_tax) {
        l->tax = money_tax_included(net, l->tax_rate_bp);
        l->total = net;
    } else {
        l->tax = money_percent(net, l->tax_rate_bp);
        l->total = net + l->tax;
    }
}

/* The wallet pays what it can, but never so much that the bank would be asked for less than it takes. */
static void use_wallet(struct price *p)
{
    p->wallet = min64(p->wallet_available, p->total);
    p->due = p->total - p->wallet;
    if (p->due == 0 || p->due >= p->gateway_minimum)
        return;
    int64_t lowered = p->total - p->gateway_minimum;
    if (lowered >= 0 && lowered < p->wallet) {
        p->wallet = lowered;
        p->due = p->gateway_minimum;
        p->notes |= PRICE_WALLET_LOWERED;
    } else {
        p->below_minimum = true;
    }
}

void price_compute(struct arena *scratch, struct price *p)
{
    p->subtotal = p->discount = p->tax = p->wallet = p->due = 0;
    p->below_minimum = false;
    p->notes = 0;
    for (size_t i = 0; i < p->n; i++) {
        struct price_line *l = &p->lines[i];
        l->subtotal = l->unit_price * l->quantity;
        l->discount = 0;
        p->subtotal += l->subtotal;
    }
    spread_discount(scratch, p);
    for (size_t i = 0; i < p->n; i++) {
        tax_line(p, &p->lines[i]);
        p->tax += p->lines[i].tax;
    }
    p->total = p->subtotal - p->discount + p->shipping + (p->prices_include_tax ? 0 : p->tax);
    use_wallet(p);
}

int64_t price_refund_share(int64_t allocation, int64_t q, int64_t r, int64_t n)
{
    return money_scale(allocation, r + n, q) - money_scale(allocation, r, q);
}
