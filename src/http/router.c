/* The segment trie behind the route table. */
#include "http/router.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/log.h"

#define SEGMENTS_MAX 16
#define INT_DIGITS_MAX 18 /* always inside int64 */

enum segment_kind { SEGMENT_LITERAL, SEGMENT_INT, SEGMENT_UUID, SEGMENT_TEXT, SEGMENT_KINDS };

struct node {
    struct str text;        /* of a literal */
    struct node *sibling;   /* next child of the same kind */
    struct node *children[SEGMENT_KINDS]; /* variables have at most one a kind */
    const struct route *routes[METHOD_COUNT];
};

struct router {
    struct node *root;
};

/* Where a walk is: the segments of the path and the variables taken so far. */
struct walk {
    struct str segments[SEGMENTS_MAX];
    size_t count;
    enum method method;
    struct str vars[ROUTE_VARS_MAX];
    size_t var_count;
    bool seen[METHOD_COUNT]; /* methods of every row that fits the path */
};

static const char *const method_names[METHOD_COUNT] = {
    [METHOD_GET] = "GET",       [METHOD_POST] = "POST", [METHOD_PATCH] = "PATCH",
    [METHOD_DELETE] = "DELETE", [METHOD_PUT] = "PUT",
};

static const char *const pool_names[POOL_COUNT] = {
    [POOL_WEB] = "web", [POOL_ORDER] = "order", [POOL_PAY] = "pay", [POOL_JOB] = "job",
};

static bool is_int(struct str s)
{
    if (s.n == 0 || s.n > INT_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

static bool is_uuid(struct str s)
{
    if (s.n != 36)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.p[i] != '-' : !memchr("0123456789abcdefABCDEF", s.p[i], 22))
            return false;
    }
    return true;
}

static bool is_text(struct str s)
{
    return s.n > 0;
}

/* The variables by kind, in the order they are tried. */
static const struct {
    const char *suffix;
    bool (*fits)(struct str s);
} kinds[SEGMENT_KINDS] = {
    [SEGMENT_INT] = { ":int}", is_int },
    [SEGMENT_UUID] = { ":uuid}", is_uuid },
    [SEGMENT_TEXT] = { "}", is_text },
};

static _Noreturn void bad_table(const struct route *route, const char *reason)
{
    log_error("route %s (%s %s): %s", route->name, method_name(route->method), route->pattern,
              reason);
    abort();
}

/* Cuts "/a/b" into a and b; "/" has none. False when there are too many. */
static bool split(const char *path, struct str *segments, size_t *count)
{
    struct str rest = str_of(path);
    *count = 0;
    if (rest.n > 0 && rest.p[0] == '/')
        rest.p++, rest.n--;
    if (rest.n == 0)
        return true;
    while (*count < SEGMENTS_MAX) {
        bool last = !memchr(rest.p, '/', rest.n);
        segments[(*count)++] = str_cut(&rest, '/');
        if (last)
            return true;
        if (rest.n == 0) {
            /* "/a/": an empty last segment, which fits nothing. */
            if (*count == SEGMENTS_MAX)
                return false;
            segments[(*count)++] = rest;
            return true;
        }
    }
    return false;
}

static enum segment_kind kind_of(struct str segment, const struct route *route)
{
    if (segment.n == 0)
        bad_table(route, "empty segment");
    if (segment.p[0] != '{')
        return SEGMENT_LITERAL;
    for (int k = SEGMENT_INT; k < SEGMENT_TEXT; k++)
        if (str_ends(segment, kinds[k].suffix))
            return (enum segment_kind)k;
    if (!str_ends(segment, "}") || memchr(segment.p, ':', segment.n))
        bad_table(route, "unknown kind of variable");
    return SEGMENT_TEXT;
}

static struct node *child(struct arena *a, struct node *parent, enum segment_kind kind,
                          struct str text)
{
    struct node *n = parent->children[kind];
    while (n && kind == SEGMENT_LITERAL && !str_eq(n->text, text))
        n = n->sibling;
    if (n)
        return n;
    n = arena_new(a, struct node);
    n->text = text;
    n->sibling = parent->children[kind];
    parent->children[kind] = n;
    return n;
}

static void add(struct arena *a, struct node *node, const struct route *route)
{
    struct str segments[SEGMENTS_MAX];
    size_t count, vars = 0;
    if (route->pattern[0] != '/' || !split(route->pattern, segments, &count))
        bad_table(route, "pattern is not a path");
    for (size_t i = 0; i < count; i++) {
        enum segment_kind kind = kind_of(segments[i], route);
        if (kind != SEGMENT_LITERAL && ++vars > ROUTE_VARS_MAX)
            bad_table(route, "too many variables");
        node = child(a, node, kind, segments[i]);
    }
    if (node->routes[route->method])
        bad_table(route, "the same method and pattern stand twice");
    node->routes[route->method] = route;
}

/* Depth first, literals before variables; goes back when a branch has no row for the method. */
static const struct route *descend(struct walk *w, const struct node *node, size_t i)
{
    if (i == w->count) {
        for (int m = 0; m < METHOD_COUNT; m++)
            w->seen[m] |= node->routes[m] != NULL;
        return w->method < METHOD_COUNT ? node->routes[w->method] : NULL;
    }
    struct str segment = w->segments[i];
    const struct route *found = NULL;
    const struct node *n = node->children[SEGMENT_LITERAL];
    while (n && !str_eq(n->text, segment))
        n = n->sibling;
    if (n)
        found = descend(w, n, i + 1);
    for (int k = SEGMENT_INT; k < SEGMENT_KINDS && !found; k++) {
        if (!node->children[k] || !kinds[k].fits(segment))
            continue;
        w->vars[w->var_count++] = segment;
        found = descend(w, node->children[k], i + 1);
        if (!found)
            w->var_count--;
    }
    return found;
}

static const char *allowed(struct arena *a, const struct walk *w)
{
    struct buf b;
    buf_init(&b, a, 0);
    for (int m = 0; m < METHOD_COUNT; m++)
        if (w->seen[m])
            buf_printf(&b, "%s%s", b.n > 0 ? ", " : "", method_names[m]);
    return b.n > 0 ? buf_text(&b) : NULL;
}

struct router *router_new(struct arena *a, const struct route *routes, size_t n)
{
    struct router *r = arena_new(a, struct router);
    r->root = arena_new(a, struct node);
    for (size_t i = 0; i < n; i++)
        add(a, r->root, &routes[i]);
    return r;
}

const struct route *router_match(const struct router *r, struct arena *a, enum method method,
                                 const char *path, const char *vars[ROUTE_VARS_MAX],
                                 enum err *error, const char **allow)
{
    struct walk w = { .method = method };
    *error = ERR_OK;
    *allow = NULL;
    memset(vars, 0, sizeof(vars[0]) * ROUTE_VARS_MAX);
    const struct route *route =
        split(path, w.segments, &w.count) ? descend(&w, r->root, 0) : NULL;
    if (!route) {
        *allow = allowed(a, &w);
        *error = *allow ? ERR_METHOD_NOT_ALLOWED : ERR_NOT_FOUND;
        return NULL;
    }
    for (size_t i = 0; i < w.var_count; i++)
        vars[i] = str_dup(a, w.vars[i]);
    return route;
}

bool method_parse(const char *s, enum method *out)
{
    for (int m = 0; s && m < METHOD_COUNT; m++) {
        if (strcmp(s, method_names[m]) == 0) {
            *out = (enum method)m;
            return true;
        }
    }
    return false;
}

const char *method_name(enum method m)
{
    return m < METHOD_COUNT ? method_names[m] : "?";
}

const char *pool_name(enum pool p)
{
    return p < POOL_COUNT ? pool_names[p] : "?";
}
