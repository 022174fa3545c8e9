/* Cookies and the rest of a request's parameters. */
#include "fuzz.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request req;
    fresh();
    struct str rest = { (const char *)data, size };
    struct str cookie = str_cut(&rest, '\n'), uri = str_cut(&rest, '\n'), accept = str_cut(&rest, '\n');
    char *env[] = {
        arena_printf(arena, "HTTP_COOKIE=%s", str_dup(arena, cookie)),
        arena_printf(arena, "REQUEST_URI=/%s", str_dup(arena, uri)),
        arena_printf(arena, "HTTP_ACCEPT=%s", str_dup(arena, accept)),
        arena_printf(arena, "HTTP_ACCEPT_LANGUAGE=%s", str_dup(arena, rest)),
        arena_printf(arena, "HTTP_TRACEPARENT=%s", str_dup(arena, rest)),
        arena_strdup(arena, "REQUEST_METHOD=GET"), NULL,
    };
    request_init(&req, arena, env);
    MUST(req.path[0] == '/');
    (void)request_cookie(&req, "__Host-cart");
    (void)request_cookie(&req, "lang");
    (void)request_query(&req, "q");
    (void)request_back(&req);
    return 0;
}
