/* The router: precedence, variables, 404 and 405. */
#include "http/router.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "fixture.h"

#define ROW(n, m, p) { .name = n, .method = METHOD_##m, .pattern = p }

static const struct route table[] = {
    ROW("HOME", GET, "/"),
    ROW("PRODUCTS", GET, "/products"),
    ROW("PRODUCT", GET, "/products/{slug}"),
    ROW("PRODUCT_NEW", GET, "/products/new"),
    ROW("PRODUCT_SAVE", POST, "/products/{slug}"),
    ROW("REVIEWS", GET, "/products/{slug}/reviews"),
    ROW("ITEM", PATCH, "/cart/items/{variant:int}"),
    ROW("ITEM_DROP", DELETE, "/cart/items/{variant:int}"),
    ROW("ITEM_NAMED", GET, "/cart/items/{name}"),
    ROW("PAYMENT", GET, "/payments/{id:uuid}"),
    ROW("DEEP", GET, "/a/{b}/{c:int}/d/{e}"),
};

static const struct router *router;
static const char *vars[ROUTE_VARS_MAX];
static const char *allow;

/* Name of the row, or the error's slug. */
static const char *match(enum method method, const char *path)
{
    enum err error;
    const struct route *r = router_match(router, arena, method, path, vars, &error, &allow);
    return r ? r->name : err_slug(error);
}

static void test_paths(void)
{
    is_str(match(METHOD_GET, "/"), "HOME", "the root");
    is_str(match(METHOD_GET, "/products"), "PRODUCTS", "a literal path");
    is_str(match(METHOD_GET, "/products/new"), "PRODUCT_NEW", "a literal wins over a variable");
    is_str(vars[0], NULL, "and leaves no variable behind");
    is_str(match(METHOD_GET, "/products/سیب"), "PRODUCT", "a variable takes any text");
    is_str(vars[0], "سیب", "and keeps it");
    is_str(match(METHOD_POST, "/products/new"), "PRODUCT_SAVE",
           "a literal without the method gives way");
    is_str(vars[0], "new", "to the variable");
    is_str(match(METHOD_GET, "/products/new/reviews"), "REVIEWS", "literals are not a dead end");
    is_str(vars[0], "new", "the way back keeps the variables right");
    is_str(match(METHOD_GET, "/a/x/7/d/y"), "DEEP", "three variables");
    is_str(vars[0], "x", "first");
    is_str(vars[1], "7", "second");
    is_str(vars[2], "y", "third");
    is_str(vars[3], NULL, "the rest is NULL");
}

static void test_kinds(void)
{
    is_str(match(METHOD_PATCH, "/cart/items/12"), "ITEM", "a number");
    is_str(match(METHOD_GET, "/cart/items/12"), "ITEM_NAMED", "a number may be a text too");
    is_str(match(METHOD_PATCH, "/cart/items/x"), "method_not_allowed", "a text is not a number");
    is_str(match(METHOD_PATCH, "/cart/items/-1"), "method_not_allowed", "no sign");
    is_str(match(METHOD_PATCH, "/cart/items/123456789012345678"), "ITEM", "18 digits");
    is_str(match(METHOD_PATCH, "/cart/items/1234567890123456789"), "method_not_allowed",
           "19 digits are too many");
    is_str(match(METHOD_GET, "/payments/123e4567-e89b-12d3-a456-426614174000"), "PAYMENT",
           "a uuid");
    is_str(match(METHOD_GET, "/payments/123e4567xe89b-12d3-a456-426614174000"), "not_found",
           "not a uuid");
}

static void test_refusals(void)
{
    is_str(match(METHOD_GET, "/nothing"), "not_found", "an unknown path");
    is_str(allow, NULL, "has no methods");
    is_str(match(METHOD_GET, "/products/"), "not_found", "an empty segment fits no variable");
    is_str(match(METHOD_GET, "//products"), "not_found", "nor an empty first one");
    is_str(match(METHOD_GET, "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r"), "not_found",
           "more segments than any row");
    is_str(match(METHOD_DELETE, "/products/x"), "method_not_allowed", "another method");
    is_str(allow, "GET, POST", "the methods of the path");
    is_str(match(METHOD_POST, "/cart/items/12"), "method_not_allowed", "two rows fit the path");
    is_str(allow, "GET, PATCH, DELETE", "the methods of both");
    is_str(match(METHOD_COUNT, "/products"), "method_not_allowed", "a method nobody knows");
    is_str(allow, "GET", "has an Allow as well");
}

static bool aborts(const struct route *rows, size_t n)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        log_open("/dev/null", LOG_ERROR);
        router_new(arena, rows, n);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void test_table(void)
{
    const struct route twice[] = { ROW("A", GET, "/x/{a:int}"), ROW("B", GET, "/x/{b:int}") };
    const struct route fine[] = { ROW("A", GET, "/x/{a:int}"), ROW("B", POST, "/x/{b:int}") };
    const struct route kind[] = { ROW("A", GET, "/x/{a:float}") };
    const struct route many[] = { ROW("A", GET, "/{a}/{b}/{c}/{d}/{e}") };
    ok(aborts(twice, 2), "the same method and pattern twice abort");
    ok(!aborts(fine, 2), "two methods of one pattern do not");
    ok(aborts(kind, 1), "an unknown kind aborts");
    ok(aborts(many, 1), "five variables abort");
}

int main(void)
{
    fresh();
    router = router_new(arena, table, sizeof(table) / sizeof(table[0]));
    test_paths();
    test_kinds();
    test_refusals();
    test_table();
    arena_destroy(arena);
    return done();
}
