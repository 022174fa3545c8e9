/* The price of a parcel and the days of sending, by their laws and by cases a hand can check. */
#include "shop/shipping.h"

#include "core/arena.h"
#include "core/jalali.h"
#include "tap.h"

static const int64_t steps[][2] = { { 500, 57500 }, { 1000, 74000 }, { 2000, 98000 } };

static struct shipping_price priced(int64_t weight_g, int64_t volume_cm3)
{
    struct parcel p = { .weight_g = weight_g, .volume_cm3 = volume_cm3, .divisor = 6000, .goods = 100000 };
    return shipping_price(&p, steps, 3, 25000, INT64_MIN);
}

static void test_price(void)
{
    is_int(priced(0, 0).price, 57500, "nothing weighs as the first step");
    is_int(priced(500, 0).price, 57500, "a step includes its weight");
    is_int(priced(501, 0).price, 74000, "a gram more is the next");
    is_int(priced(2000, 0).price, 98000, "the last step");
    is_int(priced(2001, 0).price, 123000, "a gram above it is a kilo begun");
    is_int(priced(3000, 0).extra_kg, 1, "a whole kilo is one");
    is_int(priced(3001, 0).extra_kg, 2, "and a gram more two");
    is_int(priced(100, 6001).billed_g, 1001, "volume rounds up");
    ok(priced(100, 6001).by_volume && !priced(1001, 6001).by_volume, "the larger one counts");
    struct parcel p = { .weight_g = 100, .volume_cm3 = 60000, .divisor = 0, .goods = 100000 };
    is_int(shipping_price(&p, steps, 3, 0, INT64_MIN).billed_g, 100, "without a divisor volume does not count");
    is_int(shipping_price(&p, steps, 3, 0, 100000).price, 0, "free from the sum on");
    is_int(shipping_price(&p, steps, 3, 0, 100001).price, 57500, "and not below it");
    is_int(shipping_price(&p, NULL, 0, 9, INT64_MIN).price, 0, "without steps nothing is charged");
    int64_t last = 0;
    bool rises = true;
    for (int64_t g = 0; g < 20000; g += 7) {
        rises = rises && priced(g, 0).price >= last;
        last = priced(g, 0).price;
    }
    ok(rises, "more weight never costs less");
}

/* 1 Azar 1405 is a Sunday. */
static int64_t at(int day, int hour)
{
    return jalali_to_unix(1405, 9, day) + hour * 3600;
}

static void test_dispatch(struct arena *a)
{
    int64_t monday = (at(2, 0) + 12600) / 86400;
    struct dispatch d = { .now = at(1, 10), .sends = { true, true, true, true, true, false, false }, .cutoff_hour = 14 };
    is_str(dispatch_date(a, dispatch_promise(&d, 0).ships_on), "2026-11-22", "before the hour: today");
    d.now = at(1, 14);
    is_str(dispatch_date(a, dispatch_promise(&d, 0).ships_on), "2026-11-23", "from the hour on: tomorrow");
    d.holidays = &monday;
    d.n = 1;
    is_str(dispatch_date(a, dispatch_promise(&d, 0).ships_on), "2026-11-24", "not on a holiday");
    d.now = at(4, 15);
    struct dispatch_promise p = dispatch_promise(&d, 2);
    is_str(dispatch_date(a, p.ships_on), "2026-11-28", "Thursday and Friday are not days of sending: Saturday");
    is_str(dispatch_date(a, p.arrives_by), "2026-11-30", "two working days later");
    d.now = at(1, 23) + 1800;
    d.n = 0;
    is_str(dispatch_date(a, dispatch_promise(&d, 4).arrives_by), "2026-11-28", "a Friday on the way does not count");
    d = (struct dispatch){ .now = at(1, 10), .cutoff_hour = 24 };
    ok(dispatch_promise(&d, 1).ships_on == DISPATCH_NEVER && dispatch_date(a, DISPATCH_NEVER) == NULL, "who never sends promises nothing");
}

int main(void)
{
    struct arena *a = arena_create("shipping");
    test_price();
    test_dispatch(a);
    arena_destroy(a);
    return done();
}
