/* Requests: paths, negotiation, headers, cookies, what is put into replies. */
#include "http/request.h"

#include "fixture.h"

static struct request req;

#define ENV(...) ((char *const[]){ "REQUEST_METHOD=GET", __VA_ARGS__, NULL })

static void request(char *const *env)
{
    fresh();
    request_init(&req, arena, env);
}

static void test_paths(void)
{
    static const struct {
        const char *uri, *path;
        bool bad;
        enum accept accept;
    } rows[] = {
        { "/", "/", false, ACCEPT_HTML },
        { "/products?x=/y/", "/products", false, ACCEPT_HTML },
        { "/products/", "/products", false, ACCEPT_HTML },
        { "/products///", "/products", false, ACCEPT_HTML },
        { "/products.json", "/products", false, ACCEPT_JSON },
        { "/products.json/?a=b", "/products", false, ACCEPT_JSON },
        { "/products/.json", "/products/.json", false, ACCEPT_HTML },
        { "/.json", "/", false, ACCEPT_JSON },
        { "/products?x=.json", "/products", false, ACCEPT_HTML },
        { "/%D8%B3%DB%8C%D8%A8", "/سیب", false, ACCEPT_HTML },
        { "/a%2525", "/a%25", false, ACCEPT_HTML },
        { "/a+b", "/a+b", false, ACCEPT_HTML },
        { "/%", "/", true, ACCEPT_HTML },
        { "/a%00b", "/", true, ACCEPT_HTML },
        { "/%ff", "/", true, ACCEPT_HTML },
        { "/\xff", "/", true, ACCEPT_HTML },
        { "products", "/", true, ACCEPT_HTML },
        { "", "/", true, ACCEPT_HTML },
        { "http://example.com/", "/", true, ACCEPT_HTML },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char uri[200];
        snprintf(uri, sizeof(uri), "REQUEST_URI=%s", rows[i].uri);
        request(ENV(uri));
        is_str(req.path, rows[i].path, "the path");
        is_int(req.bad, rows[i].bad, "whether it is broken");
        is_int(req.accept, rows[i].accept, "what is wanted");
    }
    request(ENV("DOCUMENT_URI=/a"));
    is_str(req.path, "/a", "without REQUEST_URI the DOCUMENT_URI");
}

static void test_basics(void)
{
    request((char *const[]){ "REQUEST_METHOD=HEAD", "REQUEST_URI=/", "REQUEST_ID=abc-DEF-1",
                             "REMOTE_ADDR=10.1.2.3", NULL });
    ok(req.head && req.method == METHOD_GET, "HEAD is a GET without a body");
    is_str(req.op.request_id, "abc-DEF-1", "the request id is taken over");
    is_str(req.op.client, "10.1.2.3", "the client's address");
    ok(req.op.err == &req.errinfo && req.op.arena == arena, "the work is set up");
    ok(strlen(req.trace.trace_id) == 32, "a trace is begun");
    request((char *const[]){ "REQUEST_METHOD=BREW", "REQUEST_URI=/", "REQUEST_ID=a b", NULL });
    is_int(req.method, METHOD_COUNT, "an unknown method");
    is_int((int64_t)strlen(req.op.request_id), 32, "a strange request id is replaced");
    is_str(req.op.client, "", "no address is empty");
    is_str(req.query, "", "no query is empty");
    is_str(req.content_type, "", "no content type is empty");
    request((char *const[]){ NULL });
    ok(req.bad && req.method == METHOD_COUNT, "no parameters at all");
}

static void test_accept(void)
{
    static const struct {
        const char *accept;
        enum accept want;
    } rows[] = {
        { "", ACCEPT_HTML },
        { "*/*", ACCEPT_HTML },
        { "application/json", ACCEPT_JSON },
        { "APPLICATION/JSON", ACCEPT_JSON },
        { "application/json, */*", ACCEPT_JSON },
        { "*/*, application/json", ACCEPT_JSON },
        { "text/html, application/json", ACCEPT_HTML },
        { "application/json, text/html", ACCEPT_JSON },
        { "application/json;q=0.9, text/html;q=0.8", ACCEPT_JSON },
        { "application/json;q=0.8, text/html", ACCEPT_HTML },
        { "application/json; q=0", ACCEPT_HTML },
        { "application/json;q=0.25, text/html;q=0.2", ACCEPT_JSON },
        { "application/problem+json", ACCEPT_JSON },
        { "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ACCEPT_HTML },
        { "application/jsonp", ACCEPT_HTML },
        { ",;,;q=,", ACCEPT_HTML },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char accept[200];
        snprintf(accept, sizeof(accept), "HTTP_ACCEPT=%s", rows[i].accept);
        request(ENV("REQUEST_URI=/", accept));
        is_int(req.accept, rows[i].want, rows[i].accept);
    }
    request(ENV("REQUEST_URI=/", "HTTP_AUTHORIZATION=bearer x"));
    is_int(req.accept, ACCEPT_JSON, "a Bearer token");
    request(ENV("REQUEST_URI=/", "HTTP_AUTHORIZATION=Basic x"));
    is_int(req.accept, ACCEPT_HTML, "other credentials");
    request(ENV("REQUEST_URI=/", "CONTENT_TYPE=application/json; charset=utf-8"));
    is_int(req.accept, ACCEPT_JSON, "a JSON body");
    request(ENV("REQUEST_URI=/a.json", "TARAZU_ACCEPT=html"));
    is_int(req.accept, ACCEPT_HTML, "what nginx found goes first");
}

static void test_lang(void)
{
    static const struct {
        const char *param;
        enum lang want;
    } rows[] = {
        { "X=", LANG_FA },
        { "HTTP_ACCEPT_LANGUAGE=en-US,en;q=0.9", LANG_EN },
        { "HTTP_ACCEPT_LANGUAGE=fa-IR, en;q=0.9", LANG_FA },
        { "HTTP_ACCEPT_LANGUAGE=en;q=0.4, fa;q=0.5", LANG_FA },
        { "HTTP_ACCEPT_LANGUAGE=de, en;q=0.1", LANG_EN },
        { "HTTP_ACCEPT_LANGUAGE=de", LANG_FA },
        { "HTTP_ACCEPT_LANGUAGE=en;q=0", LANG_FA },
        { "HTTP_COOKIE=a=b; lang=en", LANG_EN },
        { "TARAZU_LANG=en", LANG_EN },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char param[200];
        snprintf(param, sizeof(param), "%s", rows[i].param);
        request(ENV("REQUEST_URI=/", param));
        is_int(req.op.lang, rows[i].want, rows[i].param);
    }
    request(ENV("REQUEST_URI=/", "HTTP_ACCEPT_LANGUAGE=en", "HTTP_COOKIE=lang=fa"));
    is_int(req.op.lang, LANG_FA, "the cookie goes before the header");
}

static void test_headers(void)
{
    request(ENV("REQUEST_URI=/", "HTTP_SEC_FETCH_SITE=same-origin", "CONTENT_TYPE=text/plain",
                "HTTP_X=", "QUERY_STRING=a=1&b=%D8%B3+x&a=2&c=%ff&&d"));
    is_str(request_header(&req, "Sec-Fetch-Site"), "same-origin", "a header");
    is_str(request_header(&req, "Sec-Fetch"), NULL, "not by its beginning");
    is_str(request_header(&req, "content-type"), "text/plain", "the content type");
    is_str(request_header(&req, "X"), "", "an empty header");
    is_str(request_header(&req, "Origin"), NULL, "an absent header");
    is_str(request_query(&req, "a"), "2", "the last of two parameters");
    is_str(request_query(&req, "b"), "س x", "is decoded");
    is_str(request_query(&req, "c"), NULL, "a broken value is absent");
    is_str(request_query(&req, "d"), "", "a name alone is empty");
    is_str(request_query(&req, "e"), NULL, "an absent one");
}

static void test_cookies(void)
{
    request(ENV("REQUEST_URI=/", "HTTP_COOKIE=; ;bad; =x; a=1;b = 2 ; q=\"quoted\"; "
                                 "e=; a=3; sp=a b; __Host-cart=tok.en; s=\xd8\xb3"));
    is_str(request_cookie(&req, "a"), "1", "the first of two cookies");
    is_str(request_cookie(&req, "b"), "2", "blanks around the sign");
    is_str(request_cookie(&req, "q"), "quoted", "quotes are taken off");
    is_str(request_cookie(&req, "e"), "", "an empty value");
    is_str(request_cookie(&req, "bad"), NULL, "a name without a value");
    is_str(request_cookie(&req, "sp"), NULL, "a blank inside");
    is_str(request_cookie(&req, "s"), NULL, "bytes beyond ASCII");
    is_str(request_cookie(&req, "__Host-cart"), "tok.en", "a full name");
    is_str(request_cookie(&req, "cart"), NULL, "not by its end");
    is_str(request_cookie(&req, ""), NULL, "not by no name");
    request(ENV("REQUEST_URI=/"));
    is_str(request_cookie(&req, "a"), NULL, "no cookies at all");
}

static void test_reply(void)
{
    request(ENV("REQUEST_URI=/"));
    reply_header(&req, "X-Note", "a\r\nSet-Cookie: b=c\tx");
    is_str(req.reply.headers->value, "a  Set-Cookie: b=c x", "no text can add a header");
    reply_cookie(&req, "__Host-cart", "tok", 60);
    is_str(req.reply.headers->value,
           "__Host-cart=tok; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax", "a cookie");
    reply_cookie(&req, "s", "a;b c\r\n\xd8", 0);
    is_str(req.reply.headers->value, "s=a_b_c___; Path=/; Secure; HttpOnly; SameSite=Lax",
           "of a session, with a strange value");
    reply_cookie(&req, "s", NULL, -1);
    is_str(req.reply.headers->value, "s=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax",
           "taken away");
}

static void test_back(void)
{
    static const struct {
        const char *referer, *back;
    } rows[] = {
        { "https://shop.example/cart?a=b#c", "/cart?a=b" },
        { "https://shop.example/", "/" },
        { "https://shop.example", NULL },
        { "https://shop.example.evil/cart", NULL },
        { "https://evil/https://shop.example/cart", NULL },
        { "https://shop.example//evil/", NULL },
        { "https://shop.example/\\evil", NULL },
        { "javascript://shop.example/", NULL },
        { "", NULL },
        { "https://shop.example/a\"<b", "/a%22%3Cb" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char referer[200];
        snprintf(referer, sizeof(referer), "HTTP_REFERER=%s", rows[i].referer);
        request(ENV("REQUEST_URI=/", "HTTP_HOST=shop.example", referer));
        is_str(request_back(&req), rows[i].back, rows[i].referer);
    }
}

int main(void)
{
    test_paths();
    test_basics();
    test_accept();
    test_lang();
    test_headers();
    test_cookies();
    test_reply();
    test_back();
    arena_destroy(arena);
    return done();
}
