/* Arithmetic and spelling of sums. */
#include "core/money.h"

#include <stdbool.h>

#include "core/arena.h"
#include "core/assert.h"
#include "core/str.h"
#include "core/text.h"

typedef __int128 wide;

static const char *const units_fa[] = {
    "",      "یک",     "دو",     "سه",     "چهار",   "پنج",   "شش",     "هفت",   "هشت",    "نه",
    "ده",    "یازده",  "دوازده", "سیزده",  "چهارده", "پانزده", "شانزده", "هفده",  "هجده",   "نوزده",
};
static const char *const tens_fa[] = {
    "", "", "بیست", "سی", "چهل", "پنجاه", "شصت", "هفتاد", "هشتاد", "نود",
};
static const char *const hundreds_fa[] = {
    "", "صد", "دویست", "سیصد", "چهارصد", "پانصد", "ششصد", "هفتصد", "هشتصد", "نهصد",
};
static const char *const units_en[] = {
    "",        "one",     "two",       "three",    "four",     "five",    "six",
    "seven",   "eight",   "nine",      "ten",      "eleven",   "twelve",  "thirteen",
    "fourteen", "fifteen", "sixteen",  "seventeen", "eighteen", "nineteen",
};
static const char *const tens_en[] = {
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
};

/* Largest first. Iranians count above a milliard in milliards («یک هزار میلیارد»): the long- and
 * short-scale names beyond it are read both ways. */
struct scale {
    uint64_t value;
    const char *name;
};
static const struct scale scales_fa[] = {
    { UINT64_C(1000000000), "میلیارد" }, { 1000000, "میلیون" }, { 1000, "هزار" }, { 0, NULL }
};
static const struct scale scales_en[] = {
    { UINT64_C(1000000000000000000), "quintillion" },
    { UINT64_C(1000000000000000), "quadrillion" },
    { UINT64_C(1000000000000), "trillion" },
    { UINT64_C(1000000000), "billion" },
    { 1000000, "million" },
    { 1000, "thousand" },
    { 0, NULL },
};

static void join(struct buf *b, bool *first, const char *between, const char *word)
{
    if (!*first)
        buf_str(b, between);
    *first = false;
    buf_str(b, word);
}

static void below_thousand_fa(struct buf *b, bool *first, unsigned n)
{
    if (n >= 100)
        join(b, first, " و ", hundreds_fa[n / 100]);
    n %= 100;
    if (n >= 20) {
        join(b, first, " و ", tens_fa[n / 10]);
        n %= 10;
    }
    if (n > 0)
        join(b, first, " و ", units_fa[n]);
}

static void below_thousand_en(struct buf *b, bool *first, unsigned n)
{
    if (n >= 100) {
        join(b, first, " ", units_en[n / 100]);
        buf_str(b, " hundred");
    }
    n %= 100;
    if (n >= 20) {
        join(b, first, " ", tens_en[n / 10]);
        if (n % 10 > 0)
            buf_printf(b, "-%s", units_en[n % 10]);
    } else if (n > 0) {
        join(b, first, " ", units_en[n]);
    }
}

static void spell(struct buf *b, uint64_t n, enum lang lang)
{
    bool first = true;
    const struct scale *scale = lang == LANG_EN ? scales_en : scales_fa;
    for (; scale->name; scale++) {
        if (n < scale->value)
            continue;
        join(b, &first, lang == LANG_EN ? " " : " و ", "");
        spell(b, n / scale->value, lang);
        buf_printf(b, " %s", scale->name);
        n %= scale->value;
    }
    if (lang == LANG_EN)
        below_thousand_en(b, &first, (unsigned)n);
    else
        below_thousand_fa(b, &first, (unsigned)n);
}

static uint64_t magnitude(int64_t amount)
{
    return amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
}

/* Digits in groups of three. The Persian minus is the one of CLDR: it stays left of the digits. */
static const char *grouped(struct arena *a, wide amount, enum lang lang)
{
    char digits[64];
    size_t at = sizeof(digits) - 1;
    wide rest = amount < 0 ? -amount : amount;
    digits[at] = '\0';
    for (int count = 0; count == 0 || rest > 0; count++) {
        if (count > 0 && count % 3 == 0)
            digits[--at] = ',';
        digits[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    struct buf b;
    buf_init(&b, a, 64);
    if (amount < 0)
        buf_str(&b, lang == LANG_EN ? "-" : "\u200e\u2212");
    for (const char *p = digits + at; *p; p++)
        if (*p == ',')
            buf_str(&b, lang == LANG_EN ? "," : "٬");
        else
            buf_char(&b, *p);
    return text_digits(a, buf_text(&b), (int)lang);
}

static const char *with_unit(struct arena *a, wide amount, enum lang lang, const char *fa,
                             const char *en)
{
    return arena_printf(a, "%s %s", grouped(a, amount, lang), lang == LANG_EN ? en : fa);
}

int64_t money_percent(int64_t amount, int64_t bp)
{
    return money_scale(amount, bp, MONEY_BP);
}

int64_t money_scale(int64_t amount, int64_t num, int64_t den)
{
    ASSERT(num >= 0 && den > 0);
    wide twice = (wide)amount * num * 2 + den; /* floor((2·a·num + den) / (2·den)) */
    wide whole = (wide)den * 2;
    wide result = twice / whole - (twice % whole < 0);
    ASSERT(result <= INT64_MAX && result >= INT64_MIN);
    return (int64_t)result;
}

/* Every share starts at its floor; the units left over, fewer than the lines with a remainder, go
 * to the largest remainders. A line is served when its share is above its floor. */
void money_spread(int64_t total, const int64_t *weights, int64_t *shares, size_t n)
{
    wide sum = 0, left = total;
    for (size_t i = 0; i < n; i++) {
        ASSERT(weights[i] >= 0);
        sum += weights[i];
    }
    ASSERT(total >= 0 && (sum > 0 || total == 0));
    for (size_t i = 0; i < n; i++) {
        shares[i] = sum > 0 ? (int64_t)((wide)total * weights[i] / sum) : 0;
        left -= shares[i];
    }
    for (; left > 0; left--) {
        size_t best = n;
        wide most = 0;
        for (size_t i = 0; i < n; i++) {
            wide part = (wide)total * weights[i];
            if (part % sum > most && shares[i] == part / sum) {
                most = part % sum;
                best = i;
            }
        }
        ASSERT(best < n);
        shares[best]++;
    }
}

int64_t money_tax_included(int64_t amount, int64_t bp)
{
    return amount - money_scale(amount, MONEY_BP, MONEY_BP + bp);
}

const char *money_format(struct arena *a, int64_t amount, enum lang lang)
{
    return grouped(a, amount, lang);
}

const char *money_toman(struct arena *a, int64_t amount, enum lang lang)
{
    return with_unit(a, amount, lang, "تومان", "Toman");
}

const char *money_rial(struct arena *a, int64_t amount, enum lang lang)
{
    return with_unit(a, (wide)amount * MONEY_RIAL_PER_TOMAN, lang, "ریال", "Rial");
}

const char *money_words(struct arena *a, int64_t amount, enum lang lang)
{
    struct buf b;
    buf_init(&b, a, 128);
    if (amount < 0)
        buf_str(&b, lang == LANG_EN ? "minus " : "منفی ");
    if (amount == 0)
        buf_str(&b, lang == LANG_EN ? "zero" : "صفر");
    spell(&b, magnitude(amount), lang);
    buf_str(&b, lang == LANG_EN ? " Toman" : " تومان");
    return buf_text(&b);
}
