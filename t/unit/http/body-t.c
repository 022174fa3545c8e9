/* Bodies from strangers: percent-encoding, forms, JSON, multipart. */
#include "fixture.h"
#include "http/form.h"
#include "http/json_body.h"
#include "http/multipart.h"
#include "http/percent.h"
#include "http/request.h"
#include "http/schema.h"

#define LARGE (64 * 1024)

/* The tree as JSON, or the reason for refusing it. */
static const char *form(const char *text)
{
    const char *error;
    fresh();
    struct view *tree = form_tree(&op, str_of(text), &error);
    return error ? error : view_serialize(arena, tree);
}

static const char *json_n(struct str text)
{
    const char *error;
    fresh();
    struct view *tree = json_body_parse(arena, text, &error);
    return error ? error : view_serialize(arena, tree);
}

static const char *json(const char *text)
{
    return json_n(str_of(text));
}

static const char *decoded(const char *text, bool plus)
{
    fresh();
    return percent_decode(arena, str_of(text), plus);
}

static void test_percent(void)
{
    is_str(decoded("a%20b%2fc", false), "a b/c", "escapes in both cases");
    is_str(decoded("%25%34%31", false), "%41", "are decoded once");
    is_str(decoded("a+b", false), "a+b", "a plus in a path");
    is_str(decoded("a+b", true), "a b", "a plus in a form");
    is_str(decoded("%D8%B3", false), "س", "UTF-8");
    static const char *const bad[] = { "%", "%4", "%zz", "%4g", "a%", "%00", "a%00b", "%D8", "%ff",
                                       "%c0%af", "%ed%a0%80", "%u0633" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        is_str(decoded(bad[i], true), NULL, bad[i]);
    fresh();
    is_str(percent_encode(arena, "/a?b=س&c"), "%2Fa%3Fb%3D%D8%B3%26c", "a value for a query");
    is_str(percent_encode_url(arena, "/a?b=س&c=%41"), "/a?b=%D8%B3&c=%41", "a URL for a header");
    is_str(percent_encode_url(arena, "/a\r\nSet-Cookie: x"), "/a%0D%0ASet-Cookie:%20x",
           "line ends leave no trace");
}

static void test_forms(void)
{
    is_str(form(""), "{}", "an empty form");
    is_str(form("&&a=1&&"), "{\"a\":\"1\"}", "empty pairs are passed over");
    is_str(form("a"), "{\"a\":null}", "a name without value");
    is_str(form("a=b=c"), "{\"a\":\"b=c\"}", "the first '=' counts");
    is_str(form("=x"), "empty part in a name", "a value without name");
    is_str(form("a..b=1"), "empty part in a name", "two dots");
    is_str(form(".a=1"), "empty part in a name", "a leading dot");
    is_str(form("a.=1"), "empty part in a name", "a trailing dot");
    is_str(form("a.b.c=1&a.b.d=2"), "{\"a\":{\"b\":{\"c\":\"1\",\"d\":\"2\"}}}", "nesting");
    is_str(form("1.2.3.4.5.6.7.8=x"), "{\"1\":[[[[[[[\"x\"]]]]]]]}", "eight levels");
    is_str(form("1.2.3.4.5.6.7.8.9=x"), "nested too deep", "nine are too deep");
    is_str(form("l.2=c&l.0=a&l.1="), "{\"l\":[\"a\",null,\"c\"]}", "an array in its order");
    is_str(form("l.999=b&l.10=a"), "{\"l\":[\"a\",\"b\"]}", "gaps cost nothing");
    is_str(form("l.0=a&l.x=b"), "{\"l\":{\"0\":\"a\",\"x\":\"b\"}}", "mixed names are an object");
    is_str(form("l.00=a&l.0=b"), "{\"l\":{\"00\":\"a\",\"0\":\"b\"}}", "00 is no index");
    is_str(form("l.-1=a"), "{\"l\":{\"-1\":\"a\"}}", "nor is -1");
    is_str(form("l.99999=a"), "{\"l\":{\"99999\":\"a\"}}", "nor a huge number");
    is_str(form("a=1&a.b=2&a=3"), "{\"a\":\"3\"}", "the last of clashing names wins");
    is_str(form("a%2Eb=1"), "{\"a\":{\"b\":\"1\"}}", "an escaped dot is a dot");
    is_str(form("a=%00"), "broken percent-encoding", "NUL");
    is_str(form("a=%C0%80"), "broken percent-encoding", "overlong NUL");
    is_str(form("%ff=1"), "broken percent-encoding", "a broken name");
    is_str(form("__proto__.x=1"), "{\"__proto__\":{\"x\":\"1\"}}", "names mean nothing here");
}

static void test_form_size(void)
{
    static char text[LARGE];
    size_t n = 0;
    for (int i = 0; i < FORM_PAIRS_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "&f%d=1", i);
    ok(strncmp(form(text), "{", 1) == 0, "500 pairs");
    snprintf(text + n, sizeof(text) - n, "&one=1");
    is_str(form(text), "too many fields", "501 are too many");
    n = 0;
    for (int i = 0; i <= FORM_PAIRS_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "&f=1");
    is_str(form(text), "too many fields", "also under one name");
}

static void test_json(void)
{
    is_str(json("{\"a\": [1, true, null, \"س\\u0633\\ud83d\\ude00\"]}"),
           "{\"a\":[1,true,null,\"سس😀\"]}", "JSON");
    is_str(json("null"), "null", "null");
    is_str(json("{\"a\":1,\"b\":{\"a\":1}}"), "{\"a\":1,\"b\":{\"a\":1}}",
           "a name may stand in two objects");
    is_str(json("[{\"a\":1},{\"a\":1}]"), "[{\"a\":1},{\"a\":1}]", "also side by side");
    is_str(json("{\"a\":1,\"a\":2}"), "a member stands twice in an object", "but not twice in one");
    is_str(json("{\"a\":1,\"b\":{\"x\":[{}]},\"\\u0061\":2}"),
           "a member stands twice in an object", "however it is written");
    is_str(json("{\"a\":\"a\",\"b\":\"a\"}"), "{\"a\":\"a\",\"b\":\"a\"}", "values are no names");
    is_str(json("{\"n\":99999999999999999999999}"), "{\"n\":9223372036854775807}",
           "a number too large for anything is the largest");
    is_str(json("{\"n\":-99999999999999999999999}"), "{\"n\":-9223372036854775808}",
           "and the smallest");
    is_str(json("{\"n\":9223372036854775808}"), "{\"n\":9223372036854775807}", "by one");
    is_str(json("{\"n\":9223372036854775807}"), "{\"n\":9223372036854775807}", "not by none");
    is_str(json("{\"n\":\"99999999999999999999999\"}"), "{\"n\":\"99999999999999999999999\"}",
           "text stays as it is");
    static const char *const bad[] = {
        "", " ", "{", "}", "[1", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "{a:1}", "{'a':1}",
        "// x\n{}", "{} {}", "{\"a\":NaN}", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
        "{\"a\":\"\\u0000\"}",
        "{\"\\u0000\":1}", "\"\\x\"", "\"\x01\"", "\"\xff\"", "\xef\xbb\xbf{}",
        "{\"a\":1]", "tru", "--1", "\"abc", "\"\\u12\"",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *error = NULL;
        fresh();
        struct view *tree = json_body_parse(arena, str_of(bad[i]), &error);
        ok(!tree && error, "what is not JSON, %zu", i);
    }
    ok(strcmp(json_n((struct str){ "{\"a\":\"x\0y\"}", 11 }), "{\"a\":\"x\"}") != 0,
       "a raw NUL does not end a text");
}

static void test_json_size(void)
{
    static char text[LARGE];
    size_t n = 0;
    memset(text, '[', 40);
    memset(text + 40, ']', 40);
    is_int((int64_t)strlen(json_n((struct str){ text + 8, 64 })), 64, "32 levels");
    is_str(json_n((struct str){ text + 7, 66 }), "nested too deep", "33 are too deep");
    memset(text, '[', sizeof(text));
    is_str(json_n((struct str){ text, sizeof(text) }), "nested too deep", "so are thousands");
    n = (size_t)snprintf(text, sizeof(text), "{\"f\":1");
    for (int i = 1; i < JSON_BODY_MEMBERS; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, ",\"f%d\":1", i);
    snprintf(text + n, sizeof(text) - n, "}");
    ok(strncmp(json(text), "{", 1) == 0, "500 members");
    snprintf(text + n, sizeof(text) - n, ",\"x\":1}");
    is_str(json(text), "too many members in an object", "501 are too many");
}

#define TYPE "multipart/form-data; boundary=XX"
#define PART(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"

static struct upload *uploads;
static size_t upload_count;

static const char *multipart_as(const char *type, struct str body)
{
    struct view *tree;
    fresh();
    if (multipart_parse(&op, type, body, &tree, &uploads, &upload_count) != ERR_OK)
        return errinfo.detail;
    return view_serialize(arena, tree);
}

static const char *multipart(const char *body)
{
    return multipart_as(TYPE, str_of(body));
}

static void test_multipart(void)
{
    is_str(multipart("--XX\r\n" PART("a") "1\r\n--XX\r\n" PART("b.c") "س\r\n--XX--\r\n"),
           "{\"a\":\"1\",\"b\":{\"c\":\"س\"}}", "text parts");
    is_str(multipart("--XX--"), "{}", "no parts");
    is_str(multipart("--XX\r\n" PART("a") "\r\n--XX--"), "{\"a\":null}", "an empty part");
    is_str(multipart("--XX \t\r\n" PART("a") "x\r\ny\r\n--XX--"), "{\"a\":\"x\\r\\ny\"}",
           "blanks behind a boundary, lines in a text");
    static const char file[] = "--XX\r\nContent-Type: image/png\r\ncontent-disposition: FORM-DATA; "
                               "filename=\"a\\\"ب;.png\"; name=image\r\n\r\n\0\xff\r\n-X\r\n--XX--";
    is_str(multipart_as(TYPE, (struct str){ file, sizeof(file) - 1 }), "{}", "a file is no text");
    is_int((int64_t)upload_count, 1, "but an upload");
    is_str(uploads[0].field, "image", "under its name");
    is_str(uploads[0].filename, "a\"ب;.png", "with what it was called");
    ok(uploads[0].data.n == 6 && memcmp(uploads[0].data.p, "\0\xff\r\n-X", 6) == 0,
       "byte for byte");
    is_str(multipart("--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n"
                     "\r\n--XX--"),
           "{}", "a file field left blank");
    is_int((int64_t)upload_count, 0, "is no upload");
    is_str(multipart_as("Multipart/Form-Data; x=y; BOUNDARY=\"a b\"", STR("--a b--")), "{}",
           "a quoted boundary");
}

static void test_multipart_faults(void)
{
    static const struct {
        const char *body, *reason;
    } rows[] = {
        { "", "does not begin with its boundary" },
        { "hello --XX--", "does not begin with its boundary" },
        { "--X", "does not begin with its boundary" },
        { "--XX", "broken delimiter" },
        { "--XXY\r\n" PART("a") "1\r\n--XX--", "broken delimiter" },
        { "--XX\r\n", "headers of a part do not end" },
        { "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n",
          "headers of a part do not end" },
        { "--XX\r\n" PART("a") "1", "a part does not end" },
        { "--XX\r\n" PART("a") "1\r\n--X--", "a part does not end" },
        { "--XX\r\n" PART("a") "1\r\n--XXX", "broken delimiter" },
        { "--XX\r\n" PART("a") "1\r\n--XX\r\n", "headers of a part do not end" },
        { "--XX\r\n\r\n1\r\n--XX--", "a part has no name" },
        { "--XX\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XX--", "a part has no name" },
        { "--XX\r\n" PART("") "1\r\n--XX--", "a part has no name" },
        { "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--XX--",
          "broken Content-Disposition" },
        { "--XX\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--XX--",
          "broken Content-Disposition" },
        { "--XX\r\nContent-Disposition: form-data; name=a\r\n" PART("b") "1\r\n--XX--",
          "broken Content-Disposition" },
        { "--XX\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--XX--",
          "broken Content-Disposition" },
        { "--XX\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n1\r\n--XX--",
          "broken Content-Disposition" },
        { "--XX\r\nno colon\r\n\r\n1\r\n--XX--", "broken header of a part" },
        { "--XX\r\nContent-Transfer-Encoding: base64\r\n" PART("a") "1\r\n--XX--",
          "encoded parts are not read" },
        { "--XX\r\n" PART("a") "\xff\r\n--XX--", "text that is not valid UTF-8" },
        { "--XX\r\n" PART("a..b") "1\r\n--XX--", "empty part in a name" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *got = multipart(rows[i].body);
        ok(strstr(got, rows[i].reason) != NULL, "%s", rows[i].reason);
    }
    is_int(errinfo.code, ERR_BAD_REQUEST, "all of them are 400");
    static const char *const types[] = { "multipart/form-data", "multipart/form-data; boundary=",
                                         "multipart/form-data; boundary=\"", "",
                                         "multipart/form-data; boundary=\"a\rb\"" };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        is_str(multipart_as(types[i], STR("--XX--")), "multipart/form-data: boundary",
               "a broken boundary");
}

static void test_multipart_size(void)
{
    static char text[LARGE];
    size_t n = 0;
    for (int i = 0; i < 50; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "--XX\r\n" PART("f") "1\r\n");
    snprintf(text + n, sizeof(text) - n, "--XX--");
    is_str(multipart(text), "{\"f\":\"1\"}", "50 parts");
    snprintf(text + n, sizeof(text) - n, "--XX\r\n" PART("f") "1\r\n--XX--");
    ok(strstr(multipart(text), "too many parts") != NULL, "51 are too many");
    n = (size_t)snprintf(text, sizeof(text), "--XX\r\nX: ");
    memset(text + n, 'x', 9000);
    snprintf(text + n + 9000, sizeof(text) - n - 9000, "\r\n" PART("f") "1\r\n--XX--");
    ok(strstr(multipart(text), "do not end") != NULL, "8 KiB of headers");
}

int main(void)
{
    test_percent();
    test_forms();
    test_form_size();
    test_json();
    test_json_size();
    test_multipart();
    test_multipart_faults();
    test_multipart_size();
    arena_destroy(arena);
    return done();
}
