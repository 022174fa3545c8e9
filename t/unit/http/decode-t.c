/* From body and query to input: content types, methods in forms, idempotency keys. */
#include "http/decode.h"

#include "fixture.h"
#include "http/request.h"
#include "http/schema.h"

struct line_in {
    int64_t variant_id;
    int64_t quantity;
    const struct upload *image;
};
static const struct field line_fields[] = {
    FIELD(F_INT, line_in, variant_id, .flags = F_REQUIRED, .min = 1),
    FIELD(F_INT, line_in, quantity, .min = 1, .max = 20),
    FIELD(F_FILE, line_in, image),
};
static const struct schema line_schema = SCHEMA(line_in, line_fields);

struct list_in {
    int64_t limit;
    const char *q;
};
static const struct field list_fields[] = {
    FIELD(F_INT, list_in, limit, .min = 1, .max = 100),
    FIELD(F_TEXT, list_in, q),
};
static const struct schema list_schema = SCHEMA(list_in, list_fields);

static const struct route add = { .name = "ADD", .method = METHOD_POST, .pattern = "/x",
                                  .input = &line_schema };
static const struct route upload = { .name = "UPLOAD", .method = METHOD_POST, .pattern = "/u",
                                     .input = &line_schema, .flags = ROUTE_UPLOAD };
static const struct route list = { .name = "LIST", .method = METHOD_GET, .pattern = "/l",
                                   .query = &list_schema };
static const struct route bare = { .name = "BARE", .method = METHOD_POST, .pattern = "/b" };
static const struct route raw = { .name = "RAW", .method = METHOD_POST, .pattern = "/r",
                                  .flags = ROUTE_RAW_BODY };

static struct request req;

static void post(const char *type, const char *body)
{
    char content_type[200];
    snprintf(content_type, sizeof(content_type), "CONTENT_TYPE=%s", type);
    fresh();
    request_init(&req, arena, (char *const[]){ "REQUEST_METHOD=POST", "REQUEST_URI=/x",
                                               "TARAZU_LANG=en", content_type, NULL });
    req.body = str_of(arena_strdup(arena, body));
}

/* "" or the error and its fields. */
static const char *decode(const struct route *route)
{
    req.route = route;
    enum err e = request_decode(&req);
    return e == ERR_OK ? "" : arena_printf(arena, "%s %s", err_slug(e), faults(&req.errinfo));
}

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"

static void test_types(void)
{
    post(JSON, "{\"variant_id\": \"۱۲\"}");
    is_str(decode(&add), "", "JSON");
    is_int(((struct line_in *)req.input)->variant_id, 12, "is decoded");
    post("Application/JSON; charset=UTF-8", "{\"variant_id\": 1}");
    is_str(decode(&add), "", "however it is named");
    post(FORM "; charset=\"utf-8\"", "variant_id=%DB%B7&quantity=");
    is_str(decode(&add), "", "a form");
    is_int(((struct line_in *)req.input)->variant_id, 7, "is decoded");
    post(JSON "; charset=windows-1256", "{}");
    is_str(decode(&add), "unsupported_media_type ", "another character set");
    post("text/plain", "{}");
    is_str(decode(&add), "unsupported_media_type ", "another type");
    post("", "x");
    is_str(decode(&add), "unsupported_media_type ", "no type");
    post("", "");
    is_str(decode(&add), "invalid_field /variant_id required", "no body shows what is required");
    post("text/plain", "");
    is_str(decode(&add), "invalid_field /variant_id required", "of whatever type");
    post(JSON, "{\"variant_id\": 1");
    is_str(decode(&add), "bad_request ", "broken JSON");
    ok(strstr(req.errinfo.detail, "cannot be read") != NULL, "is told");
    post(JSON, "{\"variant_id\": 1, \"variant_id\": 2}");
    is_str(decode(&add), "bad_request ", "a member twice");
    post(JSON, "null");
    is_str(decode(&add), "invalid_field  type", "null is no object");
    post(JSON, "[]");
    is_str(decode(&add), "invalid_field  type", "nor is an array");
    post(FORM, "variant_id=%zz");
    is_str(decode(&add), "bad_request ", "a broken form");
    post(JSON, "{\"variant_id\": 99999999999999999999, \"quantity\": 21}");
    is_str(decode(&add), "invalid_field /quantity too_large", "all of int64 without a bound");
    post(JSON, "{\"variant_id\": -99999999999999999999}");
    is_str(decode(&add), "invalid_field /variant_id too_small", "numbers beyond int64");
}

static void test_upload(void)
{
    const char *body = "--X\r\nContent-Disposition: form-data; name=\"variant_id\"\r\n\r\n5\r\n"
                       "--X\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a\"\r\n"
                       "\r\nbytes\r\n--X--";
    post("multipart/form-data; boundary=X", body);
    is_str(decode(&add), "unsupported_media_type ", "multipart needs a route that takes it");
    post("multipart/form-data; boundary=X", body);
    is_str(decode(&upload), "", "which this one does");
    const struct line_in *in = req.input;
    ok(in->variant_id == 5 && in->image && str_is(in->image->data, "bytes"), "text and file");
    ok(request_upload(&req, "image") == in->image, "the file by name");
    ok(!request_upload(&req, "other"), "not by another");
    ok(request_body_max(&req) > BODY_MAX, "its body may be larger");
    req.route = &add;
    is_int((int64_t)request_body_max(&req), BODY_MAX, "than others");
}

static void test_methods(void)
{
    static const struct {
        const char *type, *body;
        enum method want;
    } rows[] = {
        { FORM, "_method=DELETE", METHOD_DELETE }, { FORM, "_method=PATCH", METHOD_PATCH },
        { FORM, "_method=PUT", METHOD_PUT },       { FORM, "_method=GET", METHOD_POST },
        { FORM, "_method=POST", METHOD_POST },     { FORM, "_method=delete", METHOD_POST },
        { FORM, "_method=", METHOD_POST },         { FORM, "a=b", METHOD_POST },
        { JSON, "{\"_method\": \"DELETE\"}", METHOD_POST },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        post(rows[i].type, rows[i].body);
        ok(request_read_form(&req) == ERR_OK, "%s is read", rows[i].body);
        is_int(req.method, rows[i].want, "the method");
    }
    post(FORM, "_method=DELETE");
    req.method = METHOD_PATCH;
    ok(request_read_form(&req) == ERR_OK && req.method == METHOD_PATCH, "only a POST is changed");
    post(FORM, "_method=%");
    ok(request_read_form(&req) == ERR_BAD_REQUEST, "a broken form");
    post(FORM, "_method=DELETE&_idempotency_key=k1&altcha=x");
    ok(request_read_form(&req) == ERR_OK, "a button's form");
    is_str(decode(&bare), "", "is fine where nothing is expected");
    is_str(req.idempotency_key, "k1", "and brings its key");
    ok(!req.input, "without a schema there is no input");
    post(FORM, "x=1");
    is_str(decode(&bare), "invalid_field /x unknown_field", "but nothing else");
    post("text/plain", "anything");
    is_str(decode(&raw), "", "a raw body is left to the handler");
    ok(!req.tree && !req.input, "untouched");
}

static void test_keys(void)
{
    fresh();
    request_init(&req, arena, (char *const[]){ "REQUEST_METHOD=POST", "REQUEST_URI=/b",
                                               "HTTP_IDEMPOTENCY_KEY=head", "CONTENT_TYPE=" FORM,
                                               NULL });
    req.body = STR("_idempotency_key=form");
    is_str(decode(&bare), "", "a key in the header and in the form");
    is_str(req.idempotency_key, "head", "the header's counts");
    char body[700];
    snprintf(body, sizeof(body), "_idempotency_key=%0255d", 1);
    post(FORM, body);
    is_str(decode(&bare), "", "255 characters");
    snprintf(body, sizeof(body), "_idempotency_key=%0256d", 1);
    post(FORM, body);
    is_str(decode(&bare), "invalid_field /_idempotency_key too_long", "256");
}

static const char *query(char *param)
{
    fresh();
    request_init(&req, arena, (char *const[]){ "REQUEST_METHOD=GET", "REQUEST_URI=/l",
                                               "TARAZU_LANG=en", param, NULL });
    return decode(&list);
}

static void test_query(void)
{
    is_str(query("QUERY_STRING="), "", "no query");
    const struct list_in *in = req.params;
    ok(in && in->limit == INT_ABSENT && !in->q, "has no parameters");
    is_str(query("QUERY_STRING=limit=%DB%B5&q=%D8%B3+x&utm_source=%ff&utm.a=1&utm=%"), "",
           "strange parameters pass");
    in = req.params;
    is_int(in->limit, 5, "a known one");
    is_str(in->q, "س x", "and another");
    is_str(query("QUERY_STRING=limit=5&limit=7"), "", "one twice");
    in = req.params;
    is_int(in->limit, 7, "the last counts");
    is_str(query("QUERY_STRING=limit=101"), "invalid_field /limit too_large", "out of bounds");
    is_str(query("QUERY_STRING=limit=x"), "invalid_field /limit bad_number", "not a number");
    is_str(query("QUERY_STRING=limit=%ff"), "bad_request ", "a known one broken");
    is_str(query("QUERY_STRING=limits=%ff&limi=1"), "", "names are compared whole");
}

int main(void)
{
    test_types();
    test_upload();
    test_methods();
    test_keys();
    test_query();
    arena_destroy(arena);
    return done();
}
