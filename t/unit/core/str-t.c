/* Slices, numbers, buffers. */
#include "core/str.h"

#include "core/arena.h"
#include "tap.h"

static void test_slices(void)
{
    struct str s = STR("تراز.html");
    ok(str_ends(s, ".html") && !str_ends(s, ".json") && str_ends(s, ""), "ends");
    ok(str_starts(s, "تر") && !str_starts(s, "html") && str_starts(STR(""), ""), "starts");
    ok(!str_starts(STR("a"), "abc") && !str_ends(STR("c"), "abc"), "longer than the slice");
    ok(str_is(STR("abc"), "abc") && !str_is(STR("abc"), "ab"), "is");
    ok(str_eq(str_of(NULL), STR("")), "NULL is the empty slice");
    ok(str_is(str_trim(STR(" \t\r\n a b \n")), "a b"), "trim keeps the inside");
    ok(str_trim(STR(" \n ")).n == 0, "trim of blanks");
}

static void test_cut(struct arena *a)
{
    struct str rest = STR("a,b,,c");
    const char *const want[] = { "a", "b", "", "c" };
    for (size_t i = 0; i < 4; i++)
        is_str(str_dup(a, str_cut(&rest, ',')), want[i], "cut");
    ok(rest.n == 0, "nothing is left");
    ok(str_cut(&rest, ',').n == 0, "cutting nothing");
    rest = STR("x,");
    str_cut(&rest, ',');
    ok(rest.n == 0, "a separator at the end leaves the empty slice");
}

static void test_int(void)
{
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } rows[] = {
        { "0", true, 0 },
        { "-0", true, 0 },
        { "007", true, 7 },
        { "-12", true, -12 },
        { "9223372036854775807", true, INT64_MAX },
        { "-9223372036854775808", true, INT64_MIN },
        { "9223372036854775808", false, 0 },
        { "-9223372036854775809", false, 0 },
        { "99999999999999999999", false, 0 },
        { "", false, 0 },
        { "-", false, 0 },
        { "+1", false, 0 },
        { " 1", false, 0 },
        { "1 ", false, 0 },
        { "1a", false, 0 },
        { "۱", false, 0 },
        { "--1", false, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t value = 0;
        ok(str_int(str_of(rows[i].text), &value) == rows[i].good && value == rows[i].value,
           "str_int «%s»", rows[i].text);
    }
}

static void test_buffer(struct arena *a)
{
    struct buf b;
    buf_init(&b, a, 0);
    is_str(buf_text(&b), "", "an empty buffer is the empty text");
    ok(buf_slice(&b).n == 0, "and the empty slice");
    for (int i = 0; i < 10000; i++)
        buf_char(&b, (char)('a' + i % 26));
    ok(b.n == 10000 && b.p[10000] == '\0' && b.p[9999] == 'a' + 9999 % 26, "grows");
    buf_init(&b, a, 8);
    buf_str(&b, "x=");
    buf_printf(&b, "%d;%200s", 42, "long");
    buf_str(&b, NULL);
    is_int((int64_t)b.n, 205, "printf grows for long texts");
    ok(str_starts(buf_slice(&b), "x=42;") && str_ends(buf_slice(&b), " long"), "printf");
    buf_add(&b, "\0z", 2);
    is_int((int64_t)b.n, 207, "bytes of any value");
}

int main(void)
{
    struct arena *a = arena_create("test");
    test_slices();
    test_cut(a);
    test_int();
    test_buffer(a);
    arena_destroy(a);
    return done();
}
