/* Numbers, phones and codes as people type them: digits of any script among separators. */
#include <string.h>

#include "core/arena.h"
#include "core/str.h"
#include "core/text.h"
#include "core/text_fold.h"
#include "core/utf8.h"

#define TYPED_MAX 64 /* nothing that is recognised here is longer */

/* What counts besides ASCII: separators, dashes, and the letters of «تومان», which becomes
 * "toman". */
static const struct {
    uint32_t from;
    char to;
} plain_forms[] = {
    { 0x060c, ',' }, { 0x0627, 'a' }, { 0x062a, 't' }, { 0x0645, 'm' }, { 0x0646, 'n' },
    { 0x0648, 'o' }, { 0x066c, ',' }, { 0x2010, '-' }, { 0x2011, '-' }, { 0x2012, '-' },
    { 0x2013, '-' }, { 0x2014, '-' }, { 0x2212, '-' },
};

/* One visible code point in ASCII, small letters; '?' when it has no part in numbers. */
static char plain(uint32_t cp)
{
    cp = text_fold_lower(text_fold_digit(text_fold_width(cp)));
    for (size_t i = 0; i < sizeof(plain_forms) / sizeof(plain_forms[0]); i++)
        if (plain_forms[i].from == cp)
            return plain_forms[i].to;
    return cp > 0x20 && cp < 0x7f ? (char)cp : '?';
}

/* What was typed in plain ASCII: runs of white space become one space, the edges are trimmed,
 * invisible marks (pasted numbers bring them along) are left out. False: malformed or too long. */
static bool read_plain(struct str s, char out[TYPED_MAX])
{
    size_t n = 0;
    bool space = false;
    while (s.n > 0) {
        uint32_t cp;
        if (!utf8_next(&s, &cp) || n + 2 >= TYPED_MAX)
            return false;
        const char *to = text_fold_clean(cp);
        enum text_class is = text_class(cp);
        if (is == TEXT_SPACE || is == TEXT_NEWLINE) {
            space = n > 0;
        } else if (is != TEXT_JOINER && !(to && to[0] == '\0')) {
            if (space)
                out[n++] = ' ';
            space = false;
            out[n++] = plain(cp);
        }
    }
    out[n] = '\0';
    return true;
}

static void leave_out(char *text, const char *what)
{
    char *to = text;
    for (const char *p = text; *p; p++)
        if (!strchr(what, *p))
            *to++ = *p;
    *to = '\0';
}

static bool all_digits(const char *s, size_t n)
{
    return strlen(s) == n && strspn(s, "0123456789") == n;
}

static void drop_unit(char *text)
{
    static const char *const units[] = { "toman", "tomn", "irt" };
    size_t n = strlen(text);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t unit = strlen(units[i]);
        if (n <= unit || strcmp(text + n - unit, units[i]) != 0)
            continue;
        n -= unit;
        if (text[n - 1] == ' ')
            n--;
        text[n] = '\0';
        return;
    }
}

/* One kind of separator, before groups of three: "1.5" and "12,5" are not numbers of Toman. */
static bool drop_separators(char *text)
{
    size_t first = strspn(text, "0123456789");
    char separator = text[first];
    if (separator == '\0')
        return true;
    if (first == 0 || first > 3 || !strchr(", _.", separator))
        return false;
    for (const char *p = text + first; *p; p += 4)
        if (*p != separator || strspn(p + 1, "0123456789") < 3)
            return false;
    leave_out(text, (char[]){ separator, '\0' });
    return true;
}

/* The ten digits behind the country code or trunk zero, in any usual way of writing them. */
static bool national_number(struct str s, char out[TYPED_MAX])
{
    static const char *const prefixes[] = { "+980", "+98", "00980", "0098", "980", "98", "0", "" };
    char typed[TYPED_MAX];
    if (!read_plain(s, typed))
        return false;
    leave_out(typed, " -().,/_");
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t n = strlen(prefixes[i]);
        if (strncmp(typed, prefixes[i], n) != 0 || !all_digits(typed + n, 10) || typed[n] == '0')
            continue;
        memcpy(out, typed + n, 11);
        return true;
    }
    return false;
}

static unsigned remainder_97(unsigned before, const char *digits)
{
    for (; *digits; digits++)
        before = (before * 10 + (unsigned)(*digits - '0')) % 97;
    return before;
}

bool text_number(struct str s, int64_t *out)
{
    char typed[TYPED_MAX];
    if (!read_plain(s, typed))
        return false;
    drop_unit(typed);
    return drop_separators(typed) && all_digits(typed, strlen(typed)) &&
           str_int(str_of(typed), out);
}

const char *text_mobile(struct arena *a, struct str s)
{
    char digits[TYPED_MAX];
    if (!national_number(s, digits) || digits[0] != '9')
        return NULL;
    return arena_printf(a, "+98%s", digits);
}

/* A landline has two digits of area and eight of its own, which do not begin with 0. */
const char *text_phone(struct arena *a, struct str s)
{
    char digits[TYPED_MAX];
    if (!national_number(s, digits) || (digits[0] != '9' && digits[2] == '0'))
        return NULL;
    return arena_printf(a, "+98%s", digits);
}

const char *text_mask_phone(struct arena *a, const char *e164)
{
    size_t n = e164 ? strlen(e164) : 0;
    if (n < 12)
        return arena_strdup(a, "***");
    return arena_printf(a, "%.6s***%s", e164, e164 + n - 4);
}

bool text_province(const char *code)
{
    int64_t n;
    return strlen(code) == 5 && strncmp(code, "IR-", 3) == 0 && code[3] != '-' && str_int(str_of(code + 3), &n) && n <= 30;
}

bool text_postal_code(struct arena *a, struct str s, const char **out)
{
    char typed[TYPED_MAX];
    if (!read_plain(s, typed))
        return false;
    leave_out(typed, " -");
    if (!all_digits(typed, 10))
        return false;
    *out = arena_strdup(a, typed);
    return true;
}

bool text_national_code(const char *ten_digits)
{
    const char *d = ten_digits;
    if (!d || !all_digits(d, 10) || strspn(d, (char[]){ d[0], '\0' }) == 10 ||
        strncmp(d + 3, "000000", 6) == 0)
        return false;
    int sum = 0;
    for (int i = 0; i < 9; i++)
        sum += (d[i] - '0') * (10 - i);
    int rest = sum % 11;
    return d[9] - '0' == (rest < 2 ? rest : 11 - rest);
}

bool text_legal_id(const char *eleven_digits)
{
    static const int weights[] = { 29, 27, 23, 19, 17 };
    const char *d = eleven_digits;
    if (!d || !all_digits(d, 11) || strncmp(d + 3, "000000", 6) == 0)
        return false;
    int sum = 0, shift = d[9] - '0' + 2;
    for (int i = 0; i < 10; i++)
        sum += (shift + d[i] - '0') * weights[i % 5];
    return d[10] - '0' == sum % 11 % 10;
}

bool text_goods_id(const char *thirteen_digits)
{
    return thirteen_digits && all_digits(thirteen_digits, 13);
}

/* ISO 7064: the account, "IR" as 1827 and the check digits, read as one number, leave 1. */
bool text_iban(struct arena *a, struct str s, const char **out)
{
    char typed[TYPED_MAX];
    if (!read_plain(s, typed))
        return false;
    leave_out(typed, " -");
    const char *digits = strncmp(typed, "ir", 2) == 0 ? typed + 2 : typed;
    if (!all_digits(digits, 24))
        return false;
    char check[] = { '1', '8', '2', '7', digits[0], digits[1], '\0' };
    if (remainder_97(remainder_97(0, digits + 2), check) != 1)
        return false;
    *out = arena_printf(a, "IR%s", digits);
    return true;
}
