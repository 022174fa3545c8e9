/* Matching paths against patterns of every kind. */
#include "fuzz.h"
#include "http/router.h"

static enum err nothing(struct request *req)
{
    (void)req;
    return ERR_OK;
}

static const struct route rows[] = {
    { .id = 0, .name = "A", .method = METHOD_GET, .pattern = "/", .handler = nothing },
    { .id = 1, .name = "B", .method = METHOD_GET, .pattern = "/orders/{number}", .handler = nothing },
    { .id = 2, .name = "C", .method = METHOD_POST, .pattern = "/orders", .handler = nothing },
    { .id = 3, .name = "D", .method = METHOD_DELETE, .pattern = "/cart/items/{id:int}", .handler = nothing },
    { .id = 4, .name = "E", .method = METHOD_GET, .pattern = "/payments/{id:uuid}", .handler = nothing },
    { .id = 5, .name = "F", .method = METHOD_GET, .pattern = "/admin/products/new", .handler = nothing },
    { .id = 6, .name = "G", .method = METHOD_GET, .pattern = "/admin/products/{slug}", .handler = nothing },
    { .id = 7, .name = "H", .method = METHOD_POST, .pattern = "/admin/{a}/{b}/{c}", .handler = nothing },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *kept;
    static struct router *router;
    const char *vars[ROUTE_VARS_MAX] = { 0 }, *allow = NULL;
    enum err error = ERR_OK;
    if (!router) {
        kept = arena_create("routes");
        router = router_new(kept, rows, sizeof(rows) / sizeof(rows[0]));
    }
    fresh();
    if (size == 0)
        return 0;
    const struct route *r = router_match(router, arena, (enum method)(data[0] % METHOD_COUNT), text_of(data + 1, size - 1),
                                         vars, &error, &allow);
    MUST(r ? !error : error == ERR_NOT_FOUND || error == ERR_METHOD_NOT_ALLOWED);
    MUST(r || error != ERR_METHOD_NOT_ALLOWED || allow);
    return 0;
}
