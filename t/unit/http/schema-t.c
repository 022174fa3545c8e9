/* Input schemas: every type, every fault, forms and queries. */
#include "http/schema.h"

#include "fixture.h"
#include "http/request.h"

struct city {
    const char *name;
    int64_t code;
};
static const struct field city_fields[] = {
    FIELD(F_TEXT, city, name, .flags = F_REQUIRED, .max = 10),
    FIELD(F_INT, city, code, .min = 1, .max = 99),
};
static const struct schema city_schema = SCHEMA(city, city_fields);

struct all {
    const char *text;
    const char *longtext;
    const char *secret;
    int64_t number;
    int64_t delta;
    int64_t free;
    int flag;
    const char *phone;
    const char *tel;
    const char *email;
    const char *code;
    const char *digits;
    const char *slug;
    const char *uuid;
    const char *choice;
    int64_t time;
    int64_t lat;
    struct city *city;
    struct city *lines;
    size_t line_count;
    const struct upload *file;
    int64_t price;
    bool has_price;
};
static const struct field all_fields[] = {
    FIELD(F_TEXT, all, text, .min = 2, .max = 5),
    FIELD(F_LONGTEXT, all, longtext),
    FIELD(F_SECRET, all, secret, .min = 8),
    FIELD(F_INT, all, number, .min = 1, .max = 1000000000),
    FIELD(F_INT, all, delta, .min = -50, .max = 50),
    FIELD(F_INT, all, free),
    FIELD(F_BOOL, all, flag),
    FIELD(F_PHONE, all, phone),
    FIELD(F_TEL, all, tel),
    FIELD(F_EMAIL, all, email),
    FIELD(F_CODE, all, code, .max = 8),
    FIELD(F_DIGITS, all, digits, .min = 6, .max = 6),
    FIELD(F_SLUG, all, slug),
    FIELD(F_UUID, all, uuid),
    FIELD(F_ENUM, all, choice, .choices = " newest price -price "),
    FIELD(F_TIME, all, time),
    FIELD(F_DECIMAL6, all, lat, .min = -90000000, .max = 90000000),
    FIELD(F_OBJECT, all, city, .sub = &city_schema),
    FIELD(F_ARRAY, all, lines, .sub = &city_schema, .min = 1, .max = 3,
          .count_offset = offsetof(struct all, line_count)),
    FIELD(F_FILE, all, file),
    FIELD(F_INT, all, price, .flags = F_NULLABLE, .max = 100,
          .present_offset = offsetof(struct all, has_price)),
};
static const struct schema all_schema = SCHEMA(all, all_fields);

static struct all *in;

/* Faults of a tree, "" when it decodes (into `in`). */
static const char *decode_tree(const struct view *tree)
{
    void *out = NULL;
    enum err e = schema_decode(&op, &all_schema, tree, NULL, 0, &out);
    in = out;
    if (e != ERR_OK && e != ERR_INVALID_FIELD)
        return "another error";
    return e == ERR_OK ? "" : faults(&errinfo);
}

static const char *json(const char *text)
{
    const char *error;
    fresh();
    struct view *tree = view_parse(arena, str_of(text), 32, &error);
    return error ? error : decode_tree(tree);
}

static const char *form(const char *text)
{
    const char *error;
    fresh();
    struct view *tree = form_tree(&op, str_of(text), &error);
    return error ? error : decode_tree(tree);
}

static void test_absent(void)
{
    is_str(json("{}"), "", "an empty body has no fault when nothing is required");
    is_str(in->text, NULL, "absent text");
    is_int(in->number, INT_ABSENT, "absent number");
    is_int(in->flag, BOOL_ABSENT, "absent flag");
    is_int(in->time, INT_ABSENT, "absent time");
    is_int(in->lat, INT_ABSENT, "absent decimal");
    ok(!in->city && !in->lines && in->line_count == 0 && !in->file, "absent structures");
    ok(!in->has_price, "absent is not present");
    is_str(json("{\"price\": null, \"text\": null}"), "", "null is absent");
    ok(in->has_price && in->price == INT_ABSENT, "but it came");
    is_str(json("{\"text\": \"  \", \"number\": \"\", \"secret\": \"\"}"), "", "so is blank text");
    ok(!in->text && !in->secret && in->number == INT_ABSENT, "and leaves nothing");
    is_str(json("[]"), " type", "the body must be an object");
    is_str(json("null"), " type", "and not null");
    is_str(json("{\"bogus/~\": 1, \"_method\": \"PATCH\", \"altcha\": \"x\", "
                "\"_idempotency_key\": \"k\"}"),
           "/bogus~1~0 unknown_field", "unknown fields are faults, the common ones are not");
    is_str(json("{\"city\": {\"name\": \"a\", \"altcha\": 1}}"), "/city/altcha unknown_field",
           "common fields stand at the top only");
}

static void test_texts(void)
{
    is_str(json("{\"text\": \"  سي\\u200f ب \"}"), "", "text");
    is_str(in->text, "سی ب", "is cleaned");
    is_str(json("{\"text\": \"a\"}"), "/text too_short", "too short");
    is_int(view_get_int(errinfo.fields->params, "min", 0), 2, "with the bound");
    is_str(json("{\"text\": \"ششششش\"}"), "", "five letters are five");
    is_str(json("{\"text\": \"ششششششش\"}"), "/text too_long", "too long");
    is_int(view_get_int(errinfo.fields->params, "max", 0), 5, "with the bound");
    is_str(json("{\"text\": 12}"), "/text type", "a number is no text");
    is_str(json("{\"text\": [\"a\"]}"), "/text type", "an array is no text");
    is_str(json("{\"text\": {}}"), "/text type", "an object is no text");
    is_str(json("{\"longtext\": \"a\\nb\"}"), "", "long text");
    is_str(in->longtext, "a\nb", "keeps its lines");
    is_str(json("{\"secret\": \"  سيب پسر \"}"), "", "a secret");
    is_str(in->secret, "  سيب پسر ", "is kept as sent");
    is_str(json("{\"secret\": \"1234567\"}"), "/secret too_short", "a short secret");
    is_str(json("{\"code\": \" تخفیف ۱۰ off \"}"), "/code too_long", "codes have a bound");
    is_str(json("{\"code\": \"nowruz ۵\"}"), "", "a code");
    is_str(in->code, "NOWRUZ5", "is folded");
    is_str(json("{\"digits\": \"۱۲۳ ٤٥٦\"}"), "", "digits of three scripts");
    is_str(in->digits, "123456", "are folded");
    is_str(json("{\"digits\": \"12345x\"}"), "/digits bad_number", "a letter among digits");
    is_str(json("{\"digits\": \"12345\"}"), "/digits too_short", "five digits of six");
}

static void test_numbers(void)
{
    is_str(json("{\"number\": 12}"), "", "a number");
    is_int(in->number, 12, "as it is");
    is_str(json("{\"number\": \"۱۲٬۵۰۰\"}"), "", "Persian digits with separators");
    is_int(in->number, 12500, "are a number");
    is_str(json("{\"number\": \"٣\"}"), "", "Arabic digits");
    is_int(in->number, 3, "too");
    is_str(json("{\"number\": 2.0}"), "/number type", "a float is none, even a whole one");
    is_str(json("{\"number\": 1e3}"), "/number type", "nor an exponent");
    is_str(json("{\"number\": true}"), "/number type", "nor a boolean");
    is_str(json("{\"number\": \"abc\"}"), "/number bad_number", "nor letters");
    is_str(json("{\"number\": \"1.5\"}"), "/number bad_number", "nor a fraction in text");
    is_str(json("{\"number\": 0}"), "/number too_small", "below the bound");
    is_str(json("{\"number\": -3}"), "/number too_small", "negative");
    is_str(json("{\"number\": 1000000001}"), "/number too_large", "above the bound");
    is_str(json("{\"number\": 9223372036854775807}"), "/number too_large", "far above it");
    is_str(json("{\"delta\": \"-۱۲\"}"), "", "a sign before Persian digits");
    is_int(in->delta, -12, "counts");
    is_str(json("{\"delta\": \"−7\"}"), "", "the minus sign of typesetters");
    is_int(in->delta, -7, "too");
    is_str(json("{\"delta\": \"--7\"}"), "/delta bad_number", "two signs do not");
    is_str(json("{\"delta\": -51}"), "/delta too_small", "a lower bound below zero");
    is_str(json("{\"free\": 9223372036854775807}"), "", "without bounds all of int64");
    is_str(json("{\"free\": -1}"), "/free too_small", "from zero up");
    is_str(json("{\"lat\": 35.7219}"), "", "a decimal");
    is_int(in->lat, 35721900, "in millionths");
    is_str(json("{\"lat\": \"-۳۵٫۱۲۳۴۵۶۷\"}"), "", "a Persian decimal");
    is_int(in->lat, -35123457, "is rounded");
    is_str(json("{\"lat\": 12}"), "", "a whole number");
    is_int(in->lat, 12000000, "is a decimal too");
    is_str(json("{\"lat\": 90.000001}"), "/lat too_large", "beyond the pole");
    is_str(json("{\"lat\": \"1.\"}"), "/lat bad_number", "a point without digits");
    is_str(json("{\"lat\": \"1e1\"}"), "/lat bad_number", "an exponent in text");
}

static void test_flags_and_choices(void)
{
    static const struct {
        const char *json;
        int value;
    } rows[] = { { "true", 1 }, { "false", 0 }, { "\"on\"", 1 }, { "\"1\"", 1 }, { "\"0\"", 0 },
                 { "\"true\"", 1 }, { "\"false\"", 0 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char body[64];
        snprintf(body, sizeof(body), "{\"flag\": %s}", rows[i].json);
        is_str(json(body), "", rows[i].json);
        is_int(in ? in->flag : -2, rows[i].value, "its value");
    }
    is_str(json("{\"flag\": 1}"), "/flag type", "a number is no flag");
    is_str(json("{\"flag\": \"yes please\"}"), "/flag type", "nor any text");
    is_str(json("{\"choice\": \"-price\"}"), "", "a choice");
    is_str(in->choice, "-price", "as given");
    is_str(json("{\"choice\": \"pric\"}"), "/choice not_one_of", "half a choice");
    is_str(json("{\"choice\": \"newest price\"}"), "/choice not_one_of", "two choices at once");
    is_str(view_get_text(errinfo.fields->params, "choices"), "newest price -price",
           "the choices are told");
}

static void test_formats(void)
{
    is_str(json("{\"phone\": \"۰۹۱۲ ۳۴۵ ۶۷۸۹\"}"), "", "a mobile number");
    is_str(in->phone, "+989123456789", "as E.164");
    is_str(json("{\"phone\": \"02188776655\"}"), "/phone bad_mobile", "a landline is no mobile");
    is_str(json("{\"tel\": \"021-88776655\"}"), "", "but a phone");
    is_str(in->tel, "+982188776655", "as E.164");
    is_str(json("{\"phone\": 9123456789}"), "/phone type", "a phone is text");
    is_str(json("{\"tel\": \"12\"}"), "/tel bad_phone", "too few digits");
    is_str(json("{\"email\": \" Ali.R+x@Example.ORG \"}"), "", "an address");
    is_str(in->email, "Ali.R+x@example.org", "with its domain in lower case");
    is_str(json("{\"slug\": \"سیب-سرخ-2\"}"), "", "a slug");
    is_str(in->slug, "سیب-سرخ-2", "in any script");
    is_str(json("{\"slug\": \"a/b\"}"), "/slug bad_slug", "no slash");
    is_str(json("{\"uuid\": \"123E4567-E89B-12D3-A456-426614174000\"}"), "", "a uuid");
    is_str(in->uuid, "123e4567-e89b-12d3-a456-426614174000", "in lower case");
    is_str(json("{\"uuid\": \"123e4567-e89b-12d3-a456-42661417400\"}"), "/uuid bad_uuid", "short");
    is_str(json("{\"uuid\": \"123e4567-e89b-12d3-a456-42661417400g\"}"), "/uuid bad_uuid",
           "not hex");
    static const char *const bad[] = { "a", "a@b", "@b.c", "a@@b.c", "a b@c.d", "a@b..c", "a@b.c.",
                                       "a@-b.c", "a\\u0000@b.c", "<a@b.c>", ".a@b.c",
                                       "a@b.c,d@e.f" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char body[64];
        snprintf(body, sizeof(body), "{\"email\": \"%s\"}", bad[i]);
        ok(strcmp(json(body), "") != 0, "not an address: %s", bad[i]);
    }
}

static void test_times(void)
{
    is_str(json("{\"time\": \"2026-11-23T05:19:00Z\"}"), "", "RFC 3339");
    is_int(in->time, 1795411140, "in UTC");
    is_str(json("{\"time\": \"2026-11-23\"}"), "", "a date");
    is_int(in->time, 1795379400, "is Tehran's midnight");
    is_str(json("{\"time\": \"۱۴۰۵/۹/۲\"}"), "", "a Jalali date in Persian digits");
    is_int(in->time, 1795379400, "is the same day");
    is_str(json("{\"time\": \"1405/13/1\"}"), "/time bad_time", "no thirteenth month");
    is_str(json("{\"time\": \"2026-02-30\"}"), "/time bad_time", "no thirtieth of February");
    is_str(json("{\"time\": \"tomorrow\"}"), "/time bad_time", "words are no time");
    is_str(json("{\"time\": \"2026-11\"}"), "/time bad_time", "half a date");
}

static void test_nested(void)
{
    is_str(json("{\"city\": {\"name\": \"ری\", \"code\": \"۵\"}}"), "", "an object");
    is_str(in->city->name, "ری", "its text");
    is_int(in->city->code, 5, "its number");
    is_str(json("{\"city\": {\"code\": 100, \"x\": 1}}"),
           "/city/name required; /city/code too_large; /city/x unknown_field",
           "all faults of an object");
    is_str(json("{\"city\": \"x\"}"), "/city type", "text is no object");
    is_str(json("{\"lines\": [{\"name\": \"a\"}, {\"name\": \"b\"}]}"), "", "an array");
    is_int((int64_t)in->line_count, 2, "its size");
    is_str(in->lines[1].name, "b", "its items");
    is_int(in->lines[1].code, INT_ABSENT, "absent members of items");
    is_str(json("{\"lines\": [{\"name\": \"a\"}, {}, 7]}"), "/lines/1/name required; /lines/2 type",
           "faults of items");
    is_str(json("{\"lines\": []}"), "/lines too_few", "too few");
    is_str(json("{\"lines\": [{},{},{},{}]}"), "/lines too_many", "too many");
    is_int(view_get_int(errinfo.fields->params, "max", 0), 3, "with the bound");
    is_str(json("{\"lines\": {\"name\": \"a\"}}"), "/lines type", "an object is no array");
    is_str(json("{\"city\": []}"), "/city type", "an array is no object");
}

struct short_in {
    struct city *city;
    struct city *cities;
    size_t city_count;
};
static const struct field short_fields[] = {
    FIELD(F_OBJECT, short_in, city, .sub = &city_schema, .flags = F_BARE),
    FIELD(F_ARRAY, short_in, cities, .sub = &city_schema, .count_offset = offsetof(struct short_in, city_count)),
};
static const struct schema short_schema = SCHEMA(short_in, short_fields);

static struct short_in *decode_short(const char *text, enum err expected)
{
    const char *error;
    void *out = NULL;
    fresh();
    struct view *tree = view_parse(arena, str_of(text), 16, &error);
    is_int(schema_decode(&op, &short_schema, tree, NULL, 0, &out), expected, text);
    return out;
}

/* A text alone where an object is meant. */
static void test_bare(void)
{
    const struct short_in *got = decode_short("{\"city\": \" Yazd \"}", ERR_OK);
    is_str(got->city->name, "Yazd", "is its first field");
    ok(got->city->code == INT_ABSENT, "the others are absent");
    got = decode_short("{\"city\": {\"name\": \"Yazd\", \"code\": 5}}", ERR_OK);
    is_int(got->city->code, 5, "an object is still one");
    ok(decode_short("{\"city\": \" \"}", ERR_OK)->city == NULL, "blank is absent");
    decode_short("{\"city\": \"a name that is too long\"}", ERR_INVALID_FIELD);
    is_str(faults(&errinfo), "/city too_long", "its faults are the field's");
    decode_short("{\"city\": 5}", ERR_INVALID_FIELD);
    is_str(faults(&errinfo), "/city type", "a number is neither");
    decode_short("{\"cities\": [\"Yazd\"]}", ERR_INVALID_FIELD);
    is_str(faults(&errinfo), "/cities/0 type", "and lists take it only where it is said");
}

static void test_forms(void)
{
    is_str(form("text=%D8%B3%DB%8C%D8%A8&number=%DB%B1%DB%B2&flag=on&city.name=Rey&city.code=3"),
           "", "a form");
    is_str(in->text, "سیب", "its text");
    is_int(in->number, 12, "its number");
    is_int(in->flag, 1, "its flag");
    is_str(in->city->name, "Rey", "its object");
    is_str(form("lines.1.name=b&lines.0.name=a&lines.10.name=c"), "", "an array in a form");
    is_int((int64_t)in->line_count, 3, "gaps are closed");
    is_str(in->lines[0].name, "a", "in the order");
    is_str(in->lines[2].name, "c", "of the numbers");
    is_str(form("text=&price=&choice="), "", "empty values are absent");
    ok(in->has_price && in->price == INT_ABSENT, "but they came");
    is_str(form("text=abc&text=xyz"), "", "a name twice");
    is_str(in->text, "xyz", "the last one counts");
    is_str(form("text=a+b"), "", "a plus");
    is_str(in->text, "a b", "is a space");
    is_str(form("text=abc&other=1"), "/other unknown_field", "unknown fields");
    is_str(form("city=1&city.name=x"), "", "a value gives way to a later object");
    is_str(form("text.0=x"), "/text type", "an array where text is wanted");
    is_str(form("file=x"), "/file type", "text where a file is wanted");
}

static void test_limits(void)
{
    static char many[4096], longer[8192];
    size_t n = 0;
    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(many + n, sizeof(many) - n, "%sx%d=1", i ? "&" : "", i);
    form(many);
    n = 0;
    for (const struct field_error *f = errinfo.fields; f; f = f->next)
        n++;
    is_int((int64_t)n, 50, "not every one of many faults is told");
    n = (size_t)snprintf(longer, sizeof(longer), "{\"");
    for (int i = 0; i < 3000; i++)
        n += (size_t)snprintf(longer + n, sizeof(longer) - n, "ش");
    snprintf(longer + n, sizeof(longer) - n, "\": 1}");
    json(longer);
    is_int((int64_t)strlen(errinfo.fields->pointer), 101, "a long name is not sent back whole");
    snprintf(longer, sizeof(longer), "{\"x%s\": 1}", errinfo.fields->pointer + 1);
    json(longer);
    is_int((int64_t)strlen(errinfo.fields->pointer), 100, "and is never cut within a letter");
}

static void test_required_and_files(void)
{
    static const struct field fields[] = {
        FIELD(F_TEXT, all, text, .flags = F_REQUIRED),
        FIELD(F_INT, all, price, .flags = F_REQUIRED | F_NULLABLE),
        FIELD(F_FILE, all, file, .flags = F_REQUIRED),
    };
    static const struct schema strict = SCHEMA(all, fields);
    void *out = NULL;
    fresh();
    ok(schema_decode(&op, &strict, view_new(arena), NULL, 0, &out) == ERR_INVALID_FIELD,
       "required fields");
    is_str(faults(&errinfo), "/text required; /price required; /file required", "are all named");
    is_int(errinfo.code, ERR_INVALID_FIELD, "the error is recorded");
    ok(errinfo.fields->message != NULL, "with a message");
    fresh();
    const struct upload uploads[] = { { "file", "a.png", STR("data") },
                                      { "other", "b.png", STR("x") } };
    struct view *tree = view_new(arena);
    view_text(tree, "text", "x");
    view_null(tree, "price");
    ok(schema_decode(&op, &strict, tree, uploads, 2, &out) == ERR_INVALID_FIELD, "a file too many");
    is_str(faults(&errinfo), "/other unknown_field", "is an unknown field");
    fresh();
    tree = view_new(arena);
    view_text(tree, "text", "x");
    view_null(tree, "price");
    ok(schema_decode(&op, &strict, tree, uploads, 1, &out) == ERR_OK, "the file alone");
    ok(((struct all *)out)->file == &uploads[0], "is handed over");
}

static void test_query(void)
{
    const char *error;
    void *out = NULL;
    fresh();
    struct view *tree = form_tree(&op, STR("number=5&utm_source=x&text=ab"), &error);
    ok(schema_decode_query(&op, &all_schema, tree, &out) == ERR_OK, "unknown parameters pass");
    is_int(((struct all *)out)->number, 5, "known ones are read");
    fresh();
    tree = form_tree(&op, STR("number=x"), &error);
    ok(schema_decode_query(&op, &all_schema, tree, &out) == ERR_INVALID_FIELD,
       "and their faults are found");
    is_str(faults(&errinfo), "/number bad_number", "by name");
}

int main(void)
{
    test_absent();
    test_texts();
    test_numbers();
    test_flags_and_choices();
    test_formats();
    test_times();
    test_nested();
    test_bare();
    test_forms();
    test_limits();
    test_required_and_files();
    test_query();
    arena_destroy(arena);
    return done();
}
