/* Pricing, by its laws over a million random carts and by the cases a hand can check. */
#include "shop/price.h"

#include <stdlib.h>

#include "core/arena.h"
#include "tap.h"

#define CARTS 1000000
#define LINES_MAX 6

/* A fixed sequence (xorshift): failures can be repeated. */
static uint64_t dice = 88172645463325252u;

static int64_t roll(int64_t bound)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (int64_t)(dice % (uint64_t)bound);
}

struct cart {
    struct price price;
    struct price_coupon coupon;
    struct price_line lines[LINES_MAX];
};

/* Carts that broke a law, and the first of them. */
enum law { LAW_SUMS, LAW_BOUNDS, LAW_DISCOUNT, LAW_ORDER, LAW_WHOLE, LAW_REFUND, LAW_TAX, LAW_WALLET, LAW_COUNT };
static const char *const law_names[LAW_COUNT] = {
    [LAW_SUMS] = "the lines and the shipping are the total, without a remainder",
    [LAW_BOUNDS] = "no line costs less than nothing or is discounted by more than it costs",
    [LAW_DISCOUNT] = "the discount is what the coupon says, and only lines it is for have a share",
    [LAW_ORDER] = "the order of the lines does not matter",
    [LAW_WHOLE] = "a 100 % coupon leaves exactly nothing but the shipping",
    [LAW_REFUND] = "refunding all units, few by few, gives back exactly what was paid",
    [LAW_TAX] = "the tax is that of the discounted line, to the unit",
    [LAW_WALLET] = "the wallet and the due are the total, within their limits",
};
static int64_t broken[LAW_COUNT];
static int64_t first_broken[LAW_COUNT];

static void demand(enum law law, bool holds, int64_t cart)
{
    if (!holds && broken[law]++ == 0)
        first_broken[law] = cart;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void random_coupon(struct cart *c)
{
    c->coupon = (struct price_coupon){ .percent = roll(2) };
    c->coupon.value = c->coupon.percent ? 1 + roll(10000) : 1 + roll(2000000);
    c->coupon.max_discount = roll(3) ? 0 : 1 + roll(500000);
    c->coupon.min_subtotal = roll(3) ? 0 : roll(1000000);
    c->price.coupon = roll(4) ? &c->coupon : NULL;
}

static void random_cart(struct cart *c)
{
    static const int64_t rates[] = { 0, 0, 900, 1000, 1, 9999 };
    int64_t dearest = (int64_t[]){ 3, 1000, 10000000, 1000000000 }[roll(4)];
    *c = (struct cart){ .price = { .lines = c->lines, .n = (size_t)(1 + roll(LINES_MAX)) } };
    for (size_t i = 0; i < c->price.n; i++)
        c->lines[i] = (struct price_line){ .id = (roll(1000) << 3) + (int64_t)i, .unit_price = roll(dearest),
            .quantity = 1 + roll(roll(50) ? 5 : 100), .tax_rate_bp = rates[roll(6)], .coupon_applies = roll(4) != 0 };
    random_coupon(c);
    c->price.shipping = roll(3) ? roll(100000) : 0;
    c->price.prices_include_tax = roll(2);
    c->price.wallet_available = roll(2) ? roll(10 * dearest) : 0;
    c->price.gateway_minimum = roll(2) ? 1000 : 0;
}

static void check_sums(const struct price *p, int64_t cart)
{
    int64_t subtotal = 0, discount = 0, tax = 0, total = p->shipping;
    for (size_t i = 0; i < p->n; i++) {
        const struct price_line *l = &p->lines[i];
        subtotal += l->subtotal;
        discount += l->discount;
        tax += l->tax;
        total += l->total;
        demand(LAW_SUMS, l->subtotal == l->unit_price * l->quantity, cart);
        demand(LAW_BOUNDS, l->total >= 0 && l->tax >= 0 && l->discount >= 0 && l->discount <= l->subtotal, cart);
    }
    demand(LAW_SUMS, subtotal == p->subtotal && discount == p->discount && tax == p->tax && total == p->total, cart);
    demand(LAW_SUMS, p->total == p->subtotal - p->discount + p->shipping + (p->prices_include_tax ? 0 : p->tax), cart);
}

/* Worked out again from the contract: half up, the cap, never more than what the coupon is for. */
static void check_discount(const struct price *p, int64_t cart)
{
    const struct price_coupon *c = p->coupon;
    int64_t eligible = 0, want = 0;
    for (size_t i = 0; i < p->n; i++) {
        eligible += p->lines[i].coupon_applies ? p->lines[i].subtotal : 0;
        demand(LAW_DISCOUNT, p->lines[i].coupon_applies || p->lines[i].discount == 0, cart);
    }
    if (c && eligible > 0 && eligible >= c->min_subtotal) {
        want = c->percent ? (int64_t)(((__int128)eligible * c->value + 5000) / 10000) : c->value;
        want = least(c->max_discount ? least(want, c->max_discount) : want, eligible);
    }
    demand(LAW_DISCOUNT, p->discount == want, cart);
}

/* |tax/(net) - rate| is less than half a unit of money: compared without dividing. */
static void check_tax(const struct price *p, int64_t cart)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct price_line *l = &p->lines[i];
        __int128 paid = l->subtotal - l->discount, rate = l->tax_rate_bp, tax = l->tax;
        __int128 whole = p->prices_include_tax ? 10000 + rate : 10000, off = tax * whole - paid * rate;
        demand(LAW_TAX, 2 * off <= whole && 2 * off >= -whole, cart);
        demand(LAW_TAX, l->total == paid + (p->prices_include_tax ? 0 : tax), cart);
    }
}

static void check_wallet(const struct price *p, int64_t cart)
{
    demand(LAW_WALLET, p->wallet >= 0 && p->wallet <= p->wallet_available && p->due >= 0 && p->wallet + p->due == p->total, cart);
    demand(LAW_WALLET, p->due == 0 || p->due >= p->gateway_minimum || p->below_minimum, cart);
    demand(LAW_WALLET, !p->below_minimum || p->total < p->gateway_minimum, cart);
    demand(LAW_WALLET, p->wallet_available < p->total || p->due == 0, cart);
}

static void check_order(struct arena *a, const struct cart *c, int64_t cart)
{
    struct cart other = *c;
    size_t from[LINES_MAX];
    for (size_t i = 0; i < c->price.n; i++)
        from[i] = i;
    for (size_t i = c->price.n; i > 1; i--) {
        size_t k = (size_t)roll((int64_t)i), kept = from[i - 1];
        from[i - 1] = from[k];
        from[k] = kept;
    }
    for (size_t i = 0; i < c->price.n; i++)
        other.lines[i] = c->lines[from[i]];
    other.price.lines = other.lines;
    price_compute(a, &other.price);
    demand(LAW_ORDER, other.price.total == c->price.total && other.price.tax == c->price.tax && other.price.due == c->price.due, cart);
    for (size_t i = 0; i < c->price.n; i++)
        demand(LAW_ORDER, other.lines[i].discount == c->lines[from[i]].discount && other.lines[i].tax == c->lines[from[i]].tax &&
               other.lines[i].total == c->lines[from[i]].total, cart);
}

static void check_refunds(const struct price *p, int64_t cart)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct price_line *l = &p->lines[i];
        int64_t back = 0, most = roll(2) ? 1 : l->quantity;
        for (int64_t r = 0, n; r < l->quantity; r += n) {
            n = least(1 + roll(most), l->quantity - r);
            int64_t share = price_refund_share(l->total, l->quantity, r, n);
            demand(LAW_REFUND, share >= 0, cart);
            back += share;
        }
        demand(LAW_REFUND, back == l->total, cart);
    }
}

static void check_whole(struct arena *a, const struct cart *c, int64_t cart)
{
    struct cart other = *c;
    other.coupon = (struct price_coupon){ .percent = true, .value = 10000 };
    other.price.coupon = &other.coupon;
    other.price.lines = other.lines;
    for (size_t i = 0; i < other.price.n; i++)
        other.lines[i].coupon_applies = true;
    price_compute(a, &other.price);
    demand(LAW_WHOLE, other.price.total == other.price.shipping && other.price.tax == 0, cart);
    for (size_t i = 0; i < other.price.n; i++)
        demand(LAW_WHOLE, other.lines[i].total == 0, cart);
}

static void test_laws(void)
{
    struct arena *a = arena_create("price");
    for (int64_t i = 0; i < CARTS; i++) {
        struct cart c;
        random_cart(&c);
        price_compute(a, &c.price);
        check_sums(&c.price, i);
        check_discount(&c.price, i);
        check_tax(&c.price, i);
        check_wallet(&c.price, i);
        check_refunds(&c.price, i);
        check_order(a, &c, i);
        if (i % 4 == 0)
            check_whole(a, &c, i);
        arena_reset(a);
    }
    for (enum law law = 0; law < LAW_COUNT; law++)
        if (!is_int(broken[law], 0, law_names[law]))
            printf("# first by cart %lld\n", (long long)first_broken[law]);
    arena_destroy(a);
}

/* Three equal lines and 100 off: the odd units go to the lower ids, wherever those stand. */
static void test_ties(void)
{
    struct arena *a = arena_create("ties");
    struct price_coupon coupon = { .value = 100 };
    struct price_line lines[] = {
        { .id = 9, .unit_price = 1000, .quantity = 1, .coupon_applies = true },
        { .id = 4, .unit_price = 1000, .quantity = 1, .coupon_applies = true },
        { .id = 7, .unit_price = 1000, .quantity = 1, .coupon_applies = true },
    };
    struct price p = { .lines = lines, .n = 3, .coupon = &coupon, .prices_include_tax = true };
    price_compute(a, &p);
    is_int(lines[1].discount, 34, "the lowest id gets the odd unit");
    is_int(lines[0].discount + lines[2].discount, 66, "the others their floor");
    is_int(p.notes, PRICE_COUPON_USED, "the coupon was used");
    coupon.min_subtotal = 3001;
    price_compute(a, &p);
    is_int(p.discount, 0, "under its minimum a coupon gives nothing");
    is_int(p.notes, PRICE_COUPON_MINIMUM, "and it is told why");
    coupon.min_subtotal = 0;
    lines[0].coupon_applies = lines[1].coupon_applies = lines[2].coupon_applies = false;
    price_compute(a, &p);
    is_int(p.notes, PRICE_COUPON_NO_LINE, "a coupon for none of the lines");
    arena_destroy(a);
}

static void test_tax(void)
{
    struct arena *a = arena_create("tax");
    struct price_line line = { .id = 1, .unit_price = 110000, .quantity = 1, .tax_rate_bp = 1000, .coupon_applies = true };
    struct price p = { .lines = &line, .n = 1, .prices_include_tax = true, .shipping = 500 };
    price_compute(a, &p);
    is_int(p.tax, 10000, "inside: 10 of 110");
    is_int(p.total, 110500, "and nothing on top");
    p.prices_include_tax = false;
    price_compute(a, &p);
    is_int(p.tax, 11000, "on top: 10 %");
    is_int(p.total, 121500, "of the goods, not of the shipping");
    arena_destroy(a);
}

static void test_wallet(void)
{
    struct arena *a = arena_create("wallet");
    struct price_line line = { .id = 1, .unit_price = 10000, .quantity = 1 };
    struct price p = { .lines = &line, .n = 1, .wallet_available = 9500, .gateway_minimum = 1000 };
    price_compute(a, &p);
    is_int(p.due, 1000, "the bank is asked for its least sum");
    is_int(p.wallet, 9000, "so the wallet gives less than it could");
    is_int(p.notes & PRICE_WALLET_LOWERED, PRICE_WALLET_LOWERED, "and it is told");
    p.wallet_available = 10000;
    price_compute(a, &p);
    is_int(p.due, 0, "a full wallet pays all");
    line.unit_price = 900;
    p.wallet_available = 100;
    price_compute(a, &p);
    ok(p.below_minimum, "a small order cannot go to the bank");
    arena_destroy(a);
}

int main(void)
{
    test_ties();
    test_tax();
    test_wallet();
    test_laws();
    return done();
}
