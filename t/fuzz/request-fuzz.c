/* A request's head: path, query, cookies, Accept and forwarded names, and the router over the path. */
#include "http/request.h"

#include "fuzz.h"
#include "http/router.h"

static enum err nothing(struct request *req)
{
    (void)req;
    return ERR_OK;
}

static const struct route table[] = {
    { .id = 0, .name = "HOME", .method = METHOD_GET, .pattern = "/", .handler = nothing },
    { .id = 1, .name = "ITEM", .method = METHOD_PATCH, .pattern = "/cart/items/{variant:int}", .handler = nothing },
    { .id = 2, .name = "FIXED", .method = METHOD_GET, .pattern = "/orders/new", .handler = nothing },
    { .id = 3, .name = "ORDER", .method = METHOD_GET, .pattern = "/orders/{number}", .handler = nothing },
    { .id = 4, .name = "PART", .method = METHOD_POST, .pattern = "/orders/{number}/parts/{id:uuid}", .handler = nothing },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    struct request req;
    const char *lines[5] = { "GET", "/", "", "", "" }, *allow = NULL;
    fuzz_begin(&f, data, size);
    struct str rest = f.bytes;
    for (int i = 0; i < 5 && rest.n; i++) /* method, uri, query, cookie, accept */
        lines[i] = str_dup(f.op.arena, str_cut(&rest, '\n'));
    char *env[] = {
        arena_printf(f.op.arena, "REQUEST_METHOD=%s", lines[0]), arena_printf(f.op.arena, "REQUEST_URI=%s", lines[1]),
        arena_printf(f.op.arena, "QUERY_STRING=%s", lines[2]),   arena_printf(f.op.arena, "HTTP_COOKIE=%s", lines[3]),
        arena_printf(f.op.arena, "HTTP_ACCEPT=%s", lines[4]),    arena_printf(f.op.arena, "REMOTE_ADDR=%s", lines[4]),
        NULL,
    };
    request_init(&req, f.op.arena, env);
    MUST(req.path && req.path[0] == '/');
    MUST(req.op.request_id && *req.op.request_id);
    (void)request_cookie(&req, "__Host-access");
    (void)request_query(&req, "next");
    (void)request_header(&req, "Accept");
    (void)request_back(&req);
    struct router *router = router_new(f.op.arena, table, sizeof(table) / sizeof(table[0]));
    enum err error = ERR_OK;
    if (req.method != METHOD_COUNT) {
        const struct route *route = router_match(router, f.op.arena, req.method, req.path, req.vars, &error, &allow);
        MUST(route || error == ERR_NOT_FOUND || error == ERR_METHOD_NOT_ALLOWED);
        if (route && route->id == 1)
            MUST(req.vars[0] && strspn(req.vars[0], "0123456789") == strlen(req.vars[0]));
    }
    return fuzz_end(&f);
}
