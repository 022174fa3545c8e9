/* UTF-8: every code point there and back, malformed sequences, languages. */
#include "core/utf8.h"

#include "core/arena.h"
#include "core/lang.h"
#include "core/text.h"
#include "tap.h"

static void test_round_trip(void)
{
    unsigned wrong = 0;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        char bytes[4];
        uint32_t back;
        struct str s = { bytes, utf8_encode(cp, bytes) };
        bool surrogate = cp >= 0xd800 && cp <= 0xdfff;
        bool good = utf8_next(&s, &back) && s.n == 0;
        wrong += !good || back != (surrogate ? UTF8_REPLACEMENT : cp);
    }
    is_int(wrong, 0, "every code point survives");
}

static void test_malformed(void)
{
    static const char *const bad[] = {
        "\x80",             "\xbf",         "\xc0\xaf",     "\xc1\xbf",         "\xc3",
        "\xe0\x80\xaf",     "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",     "\xe2\x82",
        "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",     "a\xfe",
        "\xd8\xa7\xd8",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ok(!text_valid_utf8(str_of(bad[i])), "malformed sequence %zu is refused", i);
    ok(!text_valid_utf8((struct str){ "a\0b", 3 }), "NUL is refused");
    ok(text_valid_utf8(STR("سلام 🌍 z")), "well-formed text passes");
    ok(text_valid_utf8(STR("")), "so does none");
}

/* The decoder always moves on, and a broken sequence does not swallow what follows. */
static void test_resumes(struct arena *a)
{
    struct str s = { "\xe2\x82" "A\xf0\x9f\x98" "B\xffZ", 9 };
    struct buf b;
    buf_init(&b, a, 0);
    while (s.n > 0) {
        uint32_t cp;
        utf8_next(&s, &cp);
        utf8_add(&b, cp);
    }
    is_str(buf_text(&b), "\xef\xbf\xbd" "A\xef\xbf\xbd" "B\xef\xbf\xbd" "Z", "replacement");
    is_int((int64_t)text_length(STR("سلام🌍")), 5, "length in code points");
}

int main(void)
{
    struct arena *a = arena_create("test");
    test_round_trip();
    test_malformed();
    test_resumes(a);
    ok(lang_parse("en-US") == LANG_EN && lang_parse("EN") == LANG_EN, "English");
    ok(lang_parse("fa") == LANG_FA && lang_parse("de") == LANG_FA && lang_parse(NULL) == LANG_FA,
       "all else is Persian");
    is_str(lang_code(LANG_FA), "fa", "code fa");
    is_str(lang_code(LANG_EN), "en", "code en");
    arena_destroy(a);
    return done();
}
