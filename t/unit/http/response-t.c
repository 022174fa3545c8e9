/* Answers: JSON, problem documents, redirects, pages, headers. */
#include "http/response.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "http/problem.h"
#include "http/request.h"
#include "http/template.h"

static struct request req;
static struct response res;
static struct templates *templates;
static int chrome_calls;

static const struct route paged = { .name = "CART", .method = METHOD_GET, .pattern = "/cart",
                                    .template = "cart" };
static const struct route bare = { .name = "BARE", .method = METHOD_POST, .pattern = "/bare" };

static void chrome(struct request *r, struct view *context)
{
    (void)r;
    chrome_calls++;
    view_text(context, "page", "chrome");
}

static void request(const char *method, const char *uri, const char *accept, const char *extra)
{
    char params[4][200];
    fresh();
    snprintf(params[0], sizeof(params[0]), "REQUEST_METHOD=%s", method);
    snprintf(params[1], sizeof(params[1]), "REQUEST_URI=%s", uri);
    snprintf(params[2], sizeof(params[2]), "TARAZU_ACCEPT=%s", accept);
    snprintf(params[3], sizeof(params[3]), "%s", extra);
    request_init(&req, arena, (char *const[]){ params[0], params[1], params[2], params[3],
                                               "TARAZU_LANG=en", "REQUEST_ID=r-1",
                                               "HTTP_HOST=shop.example", NULL });
    req.route = &paged;
    req.reply.view = view_new(arena);
    view_text(req.reply.view, "name", "<b>");
}

static void answer(enum err result)
{
    response_make(&req, result, templates, chrome, &res);
}

/* Value of a header of the answer, NULL when absent. */
static const char *header(const char *name)
{
    struct str rest = str_of(res.headers);
    while (rest.n > 0) {
        struct str value = str_cut(&rest, '\n');
        struct str key = str_cut(&value, ':');
        if (str_is(key, name))
            return str_dup(arena, str_trim(value));
    }
    return NULL;
}

static const char *body(void)
{
    return arena_strndup(arena, res.body, res.size);
}

static void test_json(void)
{
    request("GET", "/cart", "json", "X=");
    answer(ERR_OK);
    is_int(res.status, 200, "a view");
    is_str(body(), "{\"name\":\"<b>\"}", "as JSON");
    is_str(header("Content-Type"), "application/json; charset=utf-8", "with its type");
    is_str(header("X-Request-Id"), "r-1", "the request id");
    is_str(header("Cache-Control"), "no-store", "nobody keeps it");
    is_str(header("Retry-After"), NULL, "no waiting");
    ok(strcmp(res.headers + strlen(res.headers) - 2, "\r\n") == 0, "headers are whole lines");
    request("POST", "/cart", "json", "X=");
    reply_created(&req, "/orders/۱ x");
    req.reply.replayed = true;
    req.reply.cache_control = "public, max-age=1";
    answer(ERR_OK);
    is_int(res.status, 201, "created");
    is_str(header("Location"), "/orders/%DB%B1%20x", "tells where");
    is_str(header("Idempotent-Replayed"), "true", "and that it is a repetition");
    is_str(header("Cache-Control"), "public, max-age=1", "and who may keep it");
    ok(res.size > 2, "with the view");
    request("POST", "/cart", "json", "X=");
    reply_redirect(&req, "/cart");
    answer(ERR_OK);
    is_int(res.status, 200, "a program is not sent around after a POST");
    is_str(header("Location"), NULL, "at all");
    request("POST", "/cart", "json", "X=");
    req.reply.view = NULL;
    answer(ERR_OK);
    is_str(body(), "{}", "no view is an empty one");
    req.reply.status = 204;
    answer(ERR_OK);
    ok(res.size == 0 && !header("Content-Type"), "204 has no body");
    reply_body(&req, "text/plain", "a\0b", 3);
    req.reply.status = 0;
    answer(ERR_OK);
    ok(res.size == 3 && memcmp(res.body, "a\0b", 3) == 0, "a ready body byte for byte");
    is_str(header("Content-Type"), "text/plain", "with its own type");
}

static void test_headers(void)
{
    request("GET", "/cart", "json", "X=");
    reply_cookie(&req, "a", "1", 0);
    reply_cookie(&req, "a", "2", 0);
    answer(ERR_OK);
    const char *first = strstr(res.headers, "Set-Cookie: a=1");
    const char *second = strstr(res.headers, "Set-Cookie: a=2");
    ok(first && second && first < second, "the newer cookie comes last");
    request("GET", "/cart", "json", "X=");
    req.allow = "GET, POST";
    answer(ERR_METHOD_NOT_ALLOWED);
    is_int(res.status, 405, "a wrong method");
    is_str(header("Allow"), "GET, POST", "tells the right ones");
    request("GET", "/cart", "json", "X=");
    answer(ERR_UNAUTHENTICATED);
    is_str(header("WWW-Authenticate"), "Bearer", "a program is asked for a token");
    answer(ERR_TOKEN_INVALID);
    is_str(header("WWW-Authenticate"), "Bearer error=\"invalid_token\"", "or told that it is old");
}

static void test_waiting(void)
{
    request("GET", "/cart", "json", "X=");
    err_set(&req.op, ERR_RATE_LIMITED, NULL);
    err_retry_after(&req.op, 17);
    answer(ERR_RATE_LIMITED);
    is_str(header("Retry-After"), "17", "how long to wait");
    static const enum err waits[] = { ERR_RATE_LIMITED, ERR_BUSY, ERR_DB_UNAVAILABLE, ERR_TIMEOUT,
                                      ERR_GATEWAY_UNAVAILABLE };
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        request("GET", "/cart", "json", "X=");
        answer(waits[i]);
        const char *seconds = header("Retry-After");
        ok(seconds && strcmp(seconds, "0") != 0 && seconds[0] != '-', "%s says when",
           err_slug(waits[i]));
    }
    request("GET", "/readyz", "json", "X=");
    req.reply.status = 503;
    answer(ERR_OK);
    ok(header("Retry-After") != NULL, "also when a handler answers 503 itself");
}

static void test_problem(void)
{
    request("POST", "/orders", "json", "X=");
    struct field_error *f = err_field(&req.op, "/lines/0", "out_of_stock", NULL);
    f->variant_id = 12;
    err_field(&req.op, "/note", "too_long", "own words");
    err_set(&req.op, ERR_OUT_OF_STOCK, "Only %d left", 3);
    err_param_int(&req.op, "available", 3);
    req.errinfo.extra = view_new(arena);
    view_text(view_object(req.errinfo.extra, "quote"), "total", "x");
    view_text(req.errinfo.extra, "status", "ignored");
    req.reply.cache_control = "public";
    req.reply.location = "/elsewhere";
    answer(ERR_OUT_OF_STOCK);
    is_int(res.status, 409, "the status");
    is_str(header("Content-Type"), "application/problem+json", "the type");
    is_str(header("Cache-Control"), "no-store", "errors are never kept");
    is_str(header("Location"), NULL, "and lead nowhere");
    const char *error;
    struct view *doc = view_parse(arena, str_of(body()), 32, &error);
    is_str(view_get_text(doc, "type"), "/docs/errors#out_of_stock", "type");
    is_str(view_get_text(doc, "title"), "Not enough in stock", "title");
    is_int(view_get_int(doc, "status", 0), 409, "status");
    is_str(view_get_text(doc, "code"), "out_of_stock", "code");
    is_str(view_get_text(doc, "detail"), "Only 3 left", "detail");
    is_str(view_get_text(doc, "request_id"), "r-1", "request id");
    is_int(view_get_int(view_get(doc, "params"), "available", 0), 3, "params");
    is_str(view_get_text(view_get(doc, "quote"), "total"), "x", "further members");
    struct view *errors = view_get(doc, "errors");
    is_int((int64_t)view_count(errors), 2, "errors");
    is_str(view_get_text(view_at(errors, 0), "field"), "/lines/0", "their pointers");
    is_str(view_get_text(view_at(errors, 0), "code"), "out_of_stock", "their codes");
    is_int(view_get_int(view_at(errors, 0), "variant_id", 0), 12, "their variants");
    ok(view_get_text(view_at(errors, 0), "message") != NULL, "their messages");
    ok(!view_has(view_at(errors, 1), "variant_id"), "no variant where there is none");
    is_str(view_get_text(view_at(errors, 1), "message"), "own words", "own messages");
    request("GET", "/x", "json", "X=");
    err_internal(&req.op, ERR_INTERNAL, "secret");
    answer(ERR_INTERNAL);
    ok(!strstr(body(), "secret"), "what is internal stays inside");
    request("GET", "/x", "json", "X=");
    err_set(&req.op, ERR_BUSY, "stale");
    answer(ERR_NOT_FOUND);
    ok(!strstr(body(), "stale"), "details of another error are not shown");
}

static void test_browser(void)
{
    request("GET", "/cart", "html", "X=");
    chrome_calls = 0;
    answer(ERR_OK);
    is_str(body(), "cart &lt;b&gt; chrome", "a page");
    is_str(header("Content-Type"), "text/html; charset=utf-8", "with its type");
    is_int(chrome_calls, 1, "gets its frame");
    request("GET", "/cart", "html", "X=");
    req.reply.template = "other";
    answer(ERR_OK);
    is_str(body(), "other <b>", "another template");
    request("POST", "/bare", "html", "X=");
    req.route = &bare;
    answer(ERR_OK);
    is_str(header("Content-Type"), "application/json; charset=utf-8", "no page: JSON");
    request("POST", "/cart", "html", "X=");
    reply_created(&req, "/orders/5");
    reply_cookie(&req, "a", "1", 0);
    answer(ERR_OK);
    is_int(res.status, 303, "a browser goes on after a POST");
    is_str(header("Location"), "/orders/5", "to the next page");
    ok(res.size == 0 && header("Set-Cookie") != NULL, "with its cookies");
    request("GET", "/payment/callback/t", "json", "X=");
    reply_redirect(&req, "/payment/result/r");
    answer(ERR_OK);
    is_int(res.status, 303, "a GET with a location is a redirect for programs too");
    request("GET", "/old", "html", "X=");
    reply_redirect(&req, "/new\r\nX: y");
    req.reply.status = 308;
    answer(ERR_OK);
    is_int(res.status, 308, "another redirect");
    is_str(header("Location"), "/new%0D%0AX:%20y", "cannot bring a header");
}

static void test_login(void)
{
    request("GET", "/orders?cursor=a%20b", "html", "X=");
    answer(ERR_UNAUTHENTICATED);
    is_int(res.status, 303, "a page that needs a login");
    is_str(header("Location"), "/login?next=%2Forders%3Fcursor%3Da%2520b", "leads there and back");
    request("POST", "/orders", "html", "HTTP_REFERER=https://shop.example/checkout?a=1");
    answer(ERR_TOKEN_INVALID);
    is_str(header("Location"), "/login?next=%2Fcheckout%3Fa%3D1", "a form leads back to its page");
    request("POST", "/orders", "html", "HTTP_REFERER=https://evil.example/x");
    answer(ERR_UNAUTHENTICATED);
    is_str(header("Location"), "/login", "but not to another site");
    request("GET", "/admin", "html", "X=");
    req.reply.login_page = "/admin/login";
    answer(ERR_UNAUTHENTICATED);
    is_str(header("Location"), "/admin/login?next=%2Fadmin", "another login page");
    request("POST", "/login", "html", "X=");
    answer(ERR_LOGIN_INVALID);
    is_int(res.status, 401, "a wrong password is an error");
    is_str(header("WWW-Authenticate"), NULL, "and no question for a token");
}

static void test_error_page(void)
{
    request("POST", "/cart/items", "html", "HTTP_REFERER=https://shop.example/products/x");
    err_field(&req.op, "/quantity", "too_large", NULL);
    err_set(&req.op, ERR_INVALID_FIELD, NULL);
    answer(ERR_INVALID_FIELD);
    is_int(res.status, 422, "a page keeps the status");
    is_str(body(), "422 invalid_field Some fields are not right [] /quantity This number is too "
                   "large back /products/x",
           "and tells everything");
    request("GET", "/x", "html", "X=");
    req.route = NULL;
    err_set(&req.op, ERR_BUSY, "soon");
    answer(ERR_BUSY);
    is_str(body(), "503 busy The shop is busy; try again in a moment [soon] back ",
           "also without a route");
    request("GET", "/x", "html", "X=");
    response_make(&req, ERR_NOT_FOUND, NULL, NULL, &res);
    is_str(header("Content-Type"), "application/problem+json", "without templates: JSON");
    is_int(res.status, 404, "with the status");
}

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s.mustache", dir, name);
    FILE *f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0)
        exit(2);
}

static const char *const files[][2] = {
    { "cart", "cart {{name}} {{page}}" },
    { "other", "other {{{name}}}" },
    { "error", "{{status}} {{code}} {{title}} [{{detail}}]{{#errors}} {{field}} {{message}}"
               "{{/errors}} back {{back}}" },
};

int main(void)
{
    char dir[] = "/tmp/response-t-XXXXXX";
    struct arena *process = arena_create("process");
    const char *error;
    if (!mkdtemp(dir))
        return 2;
    for (size_t i = 0; i < 3; i++)
        write_file(dir, files[i][0], files[i][1]);
    templates = templates_load(process, dir, &error);
    ok(templates != NULL, "templates");
    test_json();
    test_headers();
    test_waiting();
    test_problem();
    test_browser();
    test_login();
    test_error_page();
    for (size_t i = 0; i < 3; i++) {
        char path[200];
        snprintf(path, sizeof(path), "%s/%s.mustache", dir, files[i][0]);
        unlink(path);
    }
    rmdir(dir);
    arena_destroy(arena);
    arena_destroy(process);
    return done();
}
