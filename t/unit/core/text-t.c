/* Persian text: storing, searching, codes, slugs; the tables themselves. */
#include "core/text.h"

#include "core/arena.h"
#include "core/lang.h"
#include "core/text_fold.h"
#include "tap.h"

typedef const char *(*fold_fn)(struct arena *a, struct str s);

static const char *clean_line(struct arena *a, struct str s)
{
    return text_clean(a, s, false);
}

static const char *clean_lines(struct arena *a, struct str s)
{
    return text_clean(a, s, true);
}

struct row {
    const char *in, *out;
};

static void check(struct arena *a, const char *name, fold_fn fn, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *once = fn(a, str_of(rows[i].in));
        is_str(once, rows[i].out, name);
        is_str(fn(a, str_of(once)), once, "… and again changes nothing");
    }
}

#define CHECK(name, fn, rows) check(a, name, fn, rows, sizeof(rows) / sizeof((rows)[0]))

static const struct row cleaned[] = {
    { "", "" },
    { "علي كريمى", "علی کریمی" },
    { "  دو   واژه \t\n آخر ", "دو واژه آخر" },
    { "می\u200c\u200cخواهم", "می\u200cخواهم" },
    { "\u200cآغاز\u200c و \u200cپایان\u200c", "آغاز و پایان" },
    { "راست\u200f به \u202bچپ\u202c\u2067!\u2069\ufeff", "راست به چپ!" },
    { "a\x01\x7f\xc2\x85\u00ad" "b", "a b" },
    { "ﻓﺎﺭﺳﯽ ﻻ ﷼", "فارسی لا ریال" },
    { "ا\u0653ب و\u0654 ي\u0654", "آب ؤ ئ" },
    { "ا\u200f\u0653 ا \u0653", "آ ا \u0653" },
    { "قیمت ۱۲۳ و ٤٥", "قیمت ۱۲۳ و ٤٥" },
    { "ة أ إ ؤ ئ ء آ", "ة أ إ ؤ ئ ء آ" },
    { "Ünïcode ＡＢ", "Ünïcode ＡＢ" },
    { "خانواده 👨\u200d👩\u200d👧", "خانواده 👨\u200d👩\u200d👧" },
    { "\u200c", "" },
    { " \u00a0\u2003\u3000", "" },
};
static const struct row cleaned_lines[] = {
    { "یک\r\nدو\n\nسه", "یک\nدو\n\nسه" },
    { "\n\n یک \n  دو \n\n", "یک\nدو" },
    { "یک\rدو\u2028سه", "یک\nدو\nسه" },
    { "یک\u200c\nدو", "یک\nدو" },
};
static const struct row keys[] = {
    { "كِتـابِ  مي‌خواهم", "کتاب میخواهم" },
    { "می خواهم", "می خواهم" },
    { "آقای مؤمن", "اقای مومن" },
    { "مسئول جزء", "مسیول جز" },
    { "خانهٔ ما، خانۀ ما، خانة", "خانه ما، خانه ما، خانه" },
    { "ٱلأمل إلى", "الامل الی" },
    { "گوشی A۵۲ و ٣", "گوشی a52 و 3" },
    { "L'Oréal CAFÉ Æther ß", "l'oreal cafe aether ss" },
    { "café", "cafe" },
    { "ＡＢ１２", "ab12" },
    { "ПРИВЕТ Ω", "привет ω" },
    { "ﮐﯿﻒ ﻻﻧﻪ", "کیف لانه" },
    { " ء ", "" },
    { "الف ء ب", "الف ب" },
};
static const struct row codes[] = {
    { " no rooz\u200c۱۴۰۵ ", "NOROOZ1405" },
    { "ｎｏｗ－٢٠", "NOW-20" },
    { "عيد كامل", "عیدکامل" },
    { "A\u200dB\u200fC", "ABC" },
    { "تخفیف_ویژه", "تخفیف_ویژه" },
};
static const struct row slugs[] = {
    { "گوشی «سامسونگ» — Galaxy S۲۳ (نو)!", "گوشی-سامسونگ-galaxy-s۲۳-نو" },
    { "می\u200cخواهم", "می-خواهم" },
    { "--a--B//c..", "a-b-c" },
    { "كِتابـها", "کتابها" },
    { "جزء ۱٬۲۰۰؟", "جزء-۱-۲۰۰" },
    { "Crème brûlée 🍮 ÉTÉ", "crème-brûlée-été" },
    { "日本語 Товар", "日本語-товар" },
    { "ا\u0653ب", "آب" },
    { "!!!", "" },
};

static const char *const clean_order[] = {
#define CLEAN(low, high, to) #low " " #high,
#define SEARCH(low, high, to)
#include "core/text_fold.def"
#undef CLEAN
#undef SEARCH
};
static const char *const search_order[] = {
#define CLEAN(low, high, to)
#define SEARCH(low, high, to) #low " " #high,
#include "core/text_fold.def"
#undef CLEAN
#undef SEARCH
};

static void check_order(const char *const *rows, size_t n, const char *name)
{
    unsigned before = 0, low, high, wrong = 0;
    for (size_t i = 0; i < n; i++) {
        wrong += sscanf(rows[i], "%x %x", &low, &high) != 2 || low > high || low <= before;
        before = high;
    }
    is_int(wrong, 0, name);
}

/* Text of any code points: folding ends, is valid, and leaves nothing that it removes. */
static void test_all_code_points(struct arena *a)
{
    unsigned wrong = 0;
    for (uint32_t cp = 1; cp < 0x20000; cp++) {
        struct arena_mark mark = arena_mark(a);
        if (cp >= 0xd800 && cp <= 0xdfff)
            continue;
        struct buf b;
        buf_init(&b, a, 16);
        buf_str(&b, "ا");
        if (cp < 0x80)
            buf_char(&b, (char)cp);
        else if (cp < 0x800)
            buf_printf(&b, "%c%c", (int)(0xc0 | cp >> 6), (int)(0x80 | (cp & 63)));
        else if (cp < 0x10000)
            buf_printf(&b, "%c%c%c", (int)(0xe0 | cp >> 12), (int)(0x80 | (cp >> 6 & 63)),
                       (int)(0x80 | (cp & 63)));
        else
            buf_printf(&b, "%c%c%c%c", (int)(0xf0 | cp >> 18), (int)(0x80 | (cp >> 12 & 63)),
                       (int)(0x80 | (cp >> 6 & 63)), (int)(0x80 | (cp & 63)));
        const char *key = text_search_key(a, buf_slice(&b));
        wrong += !text_valid_utf8(str_of(key)) || key[0] == '\0' ||
                 strcmp(text_search_key(a, str_of(key)), key) != 0 ||
                 strcmp(text_search_key(a, str_of(text_clean(a, buf_slice(&b), false))), key) != 0;
        arena_rewind(a, mark);
    }
    is_int(wrong, 0, "the search key is stable for every code point, and that of the clean text");
}

int main(void)
{
    struct arena *a = arena_create("test");
    CHECK("clean", clean_line, cleaned);
    CHECK("clean, several lines", clean_lines, cleaned_lines);
    CHECK("search key", text_search_key, keys);
    CHECK("code", text_fold_code, codes);
    CHECK("slug", text_slug, slugs);
    check_order(clean_order, sizeof(clean_order) / sizeof(clean_order[0]), "CLEAN is in order");
    check_order(search_order, sizeof(search_order) / sizeof(search_order[0]), "SEARCH is in order");
    test_all_code_points(a);
    is_str(text_fold_digits(a, STR("۰۱۲۳۴۵۶۷۸۹ ٠١٢٣٤٥٦٧٨٩ x")),
           "0123456789 0123456789 x", "digits");
    is_str(text_fold_digits(a, STR("")), "", "no digits");
    is_str(text_digits(a, "09 a", LANG_FA), "۰۹ a", "shown in Persian");
    is_str(text_digits(a, "09 a", LANG_EN), "09 a", "and in English");
    arena_destroy(a);
    return done();
}
