/* Views: building, reading, strict parsing, ownership. */
#include "core/view.h"

#include "core/arena.h"
#include "core/log.h"
#include "dies.h"
#include "tap.h"

static void test_build(struct arena *a)
{
    struct view *o = view_new(a);
    view_text(o, "title", "کتاب/«الف»");
    view_text(o, "none", NULL);
    view_int(o, "price", INT64_C(9007199254740993));
    view_bool(o, "in_stock", true);
    struct view *items = view_array(o, "items");
    view_int(view_append(items), "id", 1);
    view_append_text(items, "x");
    view_append_int(items, -5);
    view_json(o, "raw", "{\"b\": [1, null]}");
    view_object(o, "empty");
    is_str(view_serialize(a, o),
           "{\"title\":\"کتاب/«الف»\",\"none\":null,\"price\":9007199254740993,\"in_stock\":true,"
           "\"items\":[{\"id\":1},\"x\",-5],\"raw\":{\"b\":[1,null]},\"empty\":{}}", "serialised");
    view_int(o, "price", 2);
    view_remove(o, "raw");
    view_remove(o, "not there");
    is_int(view_get_int(o, "price", 0), 2, "a member is replaced");
    ok(!view_has(o, "raw"), "a member is removed");
    is_str(view_serialize(a, NULL), "null", "NULL is null");
    view_json(o, "nothing", NULL);
    ok(view_has(o, "nothing") && !view_get(o, "nothing"), "no JSON is null");
}

static void test_read(struct arena *a)
{
    const char *error;
    struct view *o = view_parse(a, STR("{\"t\":\"x\",\"n\":5,\"b\":false,\"d\":1.5,\"z\":null,"
                                       "\"l\":[1,2],\"o\":{}}"), 3, &error);
    is_str(view_get_text(o, "t"), "x", "text");
    is_str(view_get_text(o, "n"), NULL, "a number is no text");
    is_int(view_get_int(o, "n", -1), 5, "number");
    is_int(view_get_int(o, "t", -1), -1, "a text is no number");
    is_int(view_get_int(o, "d", -1), -1, "nor is a fraction an integer");
    ok(!view_get_bool(o, "b") && !view_get_bool(o, "t"), "boolean");
    ok(view_has(o, "z") && !view_get(o, "z") && !view_has(o, "y"), "null and absent");
    is_int(view_kind(view_get(o, "d")), VIEW_DOUBLE, "kind");
    is_int(view_kind(NULL), VIEW_NULL, "kind of null");
    is_int((int64_t)view_count(view_get(o, "l")), 2, "count");
    is_int(view_value_int(view_at(view_get(o, "l"), 1)), 2, "at");
    ok(!view_at(view_get(o, "l"), 2) && view_count(o) == 0, "beyond the end");
    is_str(view_value_text(view_get(o, "n")), "5", "number as text");
    is_str(view_value_text(view_get(o, "b")), "false", "boolean as text");
    is_str(view_value_text(view_get(o, "l")), NULL, "an array has no text");
    ok(!view_get(view_get(o, "t"), "x") && !view_get(NULL, "x"), "members of what has none");
    const char *key, *want[] = { "t", "n", "b", "d", "z", "l", "o" };
    struct view *value;
    size_t i = 0, in_order = 0;
    for (; view_member(o, i, &key, &value); i++)
        in_order += strcmp(key, want[i]) == 0;
    ok(i == 7 && in_order == 7, "members come in the order of insertion");
}

static const char *const good[] = {
    "{}", " [ ] ", "1", "-0", "-12", "1.5", "1e5", "\"\"", "true", "null", "{\"a\":{\"b\":[]}}",
    "\"\\u06cc\\n\\\"\\\\\"", "\"\\ud83c\\udf0d\"", "[1,2 , 3]\r\n", "\"\\\\u0000\"",
    "\"NaN ' //\"",
};
static const char *const bad[] = {
    "",        " ",        "{",         "[1,]",      "{\"a\":1,}", "{\"a\":1}x", "1 2",
    "01",      "-01",      "1.",        ".5",        "+1",         "-",          "1e",
    "NaN",     "Infinity", "-Infinity", "tRUE",      "nul",        "truefalse",  "{'a':1}",
    "{a:1}",   "[1 2]",    "[1}",       "\"abc",     "\"\\x\"",    "\"a\tb\"",   "\"a\\u0000b\"",
    "{\"a\\u0000\":1}",    "\"\xff\"",  "\"\xed\xa0\x80\"",        "/* c */ 1",  "[1] // c",
    "{\"a\" 1}", "{\"a\":{\"b\":{\"c\":{}}}}", "[[[[]]]]", "\xef\xbb\xbf{}",     "1\f",
};

static void test_parse(struct arena *a)
{
    const char *error;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        view_parse(a, str_of(good[i]), 3, &error);
        is_str(error, NULL, good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ok(!view_parse(a, str_of(bad[i]), 3, &error) && error, "refused: %zu", i);
    ok(!view_parse(a, (struct str){ "1\0", 2 }, 3, &error) && error, "NUL behind the value");
    ok(!view_parse(a, STR("null"), 3, &error) && !error, "null is NULL without an error");
    ok(view_parse(a, (struct str){ "12345", 3 }, 3, &error) &&
           view_value_int(view_parse(a, (struct str){ "12345", 3 }, 3, &error)) == 123,
       "reads no byte beyond the slice");
    view_parse(a, STR("[[[[]]]]"), 3, &error);
    is_str(error, "nested too deep", "depth has its own reason");
}

/* A node shared between roots lives as long as the longest of them. */
static void test_sharing(struct arena *a)
{
    struct view *o = view_new(a);
    struct arena *shorter = arena_create("shorter");
    struct view *child = view_new(shorter);
    view_int(child, "n", 1);
    view_attach(o, "child", child);
    view_append_view(view_array(o, "list"), view_get(o, "child"));
    view_append_view(view_get(o, "list"), view_new_array(shorter));
    arena_destroy(shorter);
    is_str(view_serialize(a, o), "{\"child\":{\"n\":1},\"list\":[{\"n\":1},[]]}", "shared");
    view_remove(o, "child");
    is_str(view_serialize(a, o), "{\"list\":[{\"n\":1},[]]}", "and still there");
}

static struct arena *outer;

static void broken_json(void)
{
    log_open("/dev/null", LOG_ERROR);
    view_json(view_new(outer), "x", "{");
}

static void not_an_object(void)
{
    log_open("/dev/null", LOG_ERROR);
    view_int(view_new_array(outer), "x", 1);
}

int main(void)
{
    outer = arena_create("test");
    test_build(outer);
    test_read(outer);
    test_parse(outer);
    test_sharing(outer);
    ok(dies(broken_json), "broken JSON of our own is a bug");
    ok(dies(not_an_object), "so is a member of an array");
    arena_destroy(outer);
    return done();
}
