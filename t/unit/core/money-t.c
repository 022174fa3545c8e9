/* Rounding, spreading and spelling of sums. */
#include "core/money.h"

#include <stdlib.h>

#include "core/arena.h"
#include "core/log.h"
#include "dies.h"
#include "tap.h"

#define LINES_MAX 20

/* A fixed sequence (xorshift): failures can be repeated. */
static uint64_t dice = 88172645463325252u;

static uint64_t roll(uint64_t bound)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice % bound;
}

static void test_rounding(void)
{
    is_int(money_percent(250000, 900), 22500, "9 %");
    is_int(money_percent(5, 1000), 1, "a half rounds up");
    is_int(money_percent(4, 1000), 0, "less rounds down");
    is_int(money_percent(0, 10000), 0, "of nothing");
    is_int(money_percent(MONEY_MAX, 10000), MONEY_MAX, "the whole of the most");
    is_int(money_scale(10, 1, 4), 3, "2.5 is 3");
    is_int(money_scale(-10, 1, 4), -2, "-2.5 is -2: up");
    is_int(money_scale(-11, 1, 4), -3, "-2.75 is -3");
    is_int(money_scale(MONEY_MAX, 999999999999, 1000000000000), 999999999999000, "128 bits");
    is_int(money_scale(7, 0, 5), 0, "none of it");
    is_int(money_tax_included(110, 1000), 10, "tax inside 110 at 10 %");
    is_int(money_tax_included(100, 1000), 9, "tax inside 100 at 10 %");
    is_int(money_tax_included(100, 0), 0, "no tax");
    unsigned wrong = 0;
    for (int i = 0; i < 20000; i++) {
        int64_t amount = (int64_t)roll((uint64_t)MONEY_MAX), bp = (int64_t)roll(3000);
        int64_t tax = money_tax_included(amount, bp), net = amount - tax;
        int64_t added = net + money_percent(net, bp);
        wrong += tax < 0 || tax > amount || llabs(added - amount) > 1;
    }
    is_int(wrong, 0, "net and tax put together give the gross back to the unit");
}

static void spread_once(unsigned *bad_sum, unsigned *bad_share, unsigned *bad_rounding)
{
    int64_t weights[LINES_MAX], shares[LINES_MAX], sum = 0, given = 0;
    size_t n = 1 + roll(LINES_MAX);
    uint64_t size = (uint64_t[]){ 3, 1000, 100000000, (uint64_t)MONEY_MAX }[roll(4)];
    for (size_t i = 0; i < n; i++) {
        weights[i] = roll(4) == 0 ? 0 : (int64_t)roll(size + 1);
        sum += weights[i];
    }
    int64_t total = sum > 0 ? (int64_t)roll((uint64_t)sum + 1) : 0;
    money_spread(total, weights, shares, n);
    for (size_t i = 0; i < n; i++) {
        given += shares[i];
        *bad_share += shares[i] < 0 || shares[i] > weights[i];
        if (sum > 0) {
            __int128 exact = (__int128)total * weights[i];
            __int128 off = (__int128)shares[i] * sum - exact;
            *bad_rounding += off >= sum || off <= -(__int128)sum;
        }
    }
    *bad_sum += given != total;
}

static void test_spread(void)
{
    unsigned bad_sum = 0, bad_share = 0, bad_rounding = 0;
    for (int i = 0; i < 20000; i++)
        spread_once(&bad_sum, &bad_share, &bad_rounding);
    is_int(bad_sum, 0, "the shares are the total");
    is_int(bad_share, 0, "no share is negative or above its weight");
    is_int(bad_rounding, 0, "every share is within one unit of the exact one");
    int64_t shares[3];
    money_spread(100, (int64_t[]){ 1, 1, 1 }, shares, 3);
    ok(shares[0] == 34 && shares[1] == 33 && shares[2] == 33, "ties go to the earlier line");
    money_spread(10, (int64_t[]){ 50, 30, 22 }, shares, 3);
    ok(shares[0] == 5 && shares[1] == 3 && shares[2] == 2, "largest remainder");
    money_spread(0, (int64_t[]){ 0, 0, 0 }, shares, 3);
    ok(shares[0] == 0 && shares[1] == 0 && shares[2] == 0, "weights of nothing");
    money_spread(7, (int64_t[]){ 0, 3, 0 }, shares, 3);
    ok(shares[0] == 0 && shares[1] == 7 && shares[2] == 0, "more than the weights");
    money_spread(0, NULL, NULL, 0);
}

static void spread_without_weights(void)
{
    int64_t shares[1];
    log_open("/dev/null", LOG_ERROR);
    money_spread(5, (int64_t[]){ 0 }, shares, 1);
}

static void scale_too_far(void)
{
    log_open("/dev/null", LOG_ERROR);
    money_scale(INT64_MAX, 2, 1);
}

static void test_words(struct arena *a)
{
    static const struct {
        int64_t amount;
        const char *fa, *en;
    } rows[] = {
        { 0, "صفر تومان", "zero Toman" },
        { 1, "یک تومان", "one Toman" },
        { 11, "یازده تومان", "eleven Toman" },
        { 21, "بیست و یک تومان", "twenty-one Toman" },
        { 100, "صد تومان", "one hundred Toman" },
        { 999, "نهصد و نود و نه تومان", "nine hundred ninety-nine Toman" },
        { 1000, "یک هزار تومان", "one thousand Toman" },
        { 250000, "دویست و پنجاه هزار تومان", "two hundred fifty thousand Toman" },
        { 1001001, "یک میلیون و یک هزار و یک تومان", "one million one thousand one Toman" },
        { 2000000018, "دو میلیارد و هجده تومان", "two billion eighteen Toman" },
        { 1250000000000, "یک هزار و دویست و پنجاه میلیارد تومان",
          "one trillion two hundred fifty billion Toman" },
        { MONEY_MAX, "یک میلیون میلیارد تومان", "one quadrillion Toman" },
        { -5, "منفی پنج تومان", "minus five Toman" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_str(money_words(a, rows[i].amount, LANG_FA), rows[i].fa, "in Persian words");
        is_str(money_words(a, rows[i].amount, LANG_EN), rows[i].en, "in English words");
    }
}

static void test_format(struct arena *a)
{
    is_str(money_format(a, 250000, LANG_FA), "۲۵۰٬۰۰۰", "Persian");
    is_str(money_format(a, 250000, LANG_EN), "250,000", "English");
    is_str(money_format(a, 0, LANG_FA), "۰", "zero");
    is_str(money_format(a, 999, LANG_EN), "999", "no separator");
    is_str(money_format(a, -1234567, LANG_EN), "-1,234,567", "negative");
    is_str(money_format(a, -1, LANG_FA), "\u200e\u2212۱", "negative in Persian");
    is_str(money_format(a, INT64_MIN, LANG_EN), "-9,223,372,036,854,775,808", "the least");
    is_str(money_toman(a, 250000, LANG_FA), "۲۵۰٬۰۰۰ تومان", "Toman");
    is_str(money_toman(a, 250000, LANG_EN), "250,000 Toman", "Toman in English");
    is_str(money_rial(a, 250000, LANG_FA), "۲٬۵۰۰٬۰۰۰ ریال", "Rial");
    is_str(money_rial(a, MONEY_MAX, LANG_EN), "10,000,000,000,000,000 Rial", "Rial in English");
}

int main(void)
{
    struct arena *a = arena_create("test");
    test_rounding();
    test_spread();
    ok(dies(spread_without_weights), "a total without weights is a bug");
    ok(dies(scale_too_far), "so is a sum beyond 64 bits");
    test_words(a);
    test_format(a);
    arena_destroy(a);
    return done();
}
