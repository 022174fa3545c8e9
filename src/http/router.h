/* The route table and how a path is matched to a row. The rows are in routes/routes.def; this is
 * the mechanism and knows no shop. The table is constant; matching allocates only the variables. */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"

struct arena;
struct request;
struct schema;

#define ROUTE_VARS_MAX 4

enum method { METHOD_GET, METHOD_POST, METHOD_PATCH, METHOD_DELETE, METHOD_PUT, METHOD_COUNT };
enum pool { POOL_WEB, POOL_ORDER, POOL_PAY, POOL_JOB, POOL_COUNT };

enum route_flags {
    ROUTE_TX = 1 << 0,         /* the pipeline runs the handler in one transaction */
    ROUTE_IDEMPOTENT = 1 << 1, /* a TX that honours Idempotency-Key; implies ROUTE_TX */
    ROUTE_TWO_PHASE = 1 << 2,  /* handler runs its own transactions; the answer is kept with the key afterwards */
    ROUTE_CSRF = 1 << 3,       /* unsafe by cookie: Origin / Sec-Fetch-Site are checked */
    ROUTE_CACHED = 1 << 4,     /* anonymous answers may be cached for a second by nginx */
    ROUTE_RAW_BODY = 1 << 5,   /* handler reads req->body itself; no decoding */
    ROUTE_UPLOAD = 1 << 6,     /* multipart allowed, body up to 8 MiB instead of 64 KiB */
    ROUTE_LOOK = 1 << 7,       /* read only, never changes anything */
    ROUTE_RENEW = 1 << 8,      /* asked for because the access token is spent: a bad one is nobody */
    ROUTE_AGAIN = 1 << 9,      /* a browser's refused form is kept with the cart and shown again (checkout_again) */
};

typedef enum err route_handler(struct request *req);

struct route {
    int id;                  /* index in the table, label of the metrics */
    const char *name;        /* "CART_ADD" */
    enum method method;
    const char *pattern;     /* "/cart/items/{variant:int}" */
    enum pool pool;
    int policy;              /* enum policy of auth/policy.h */
    int rate;                /* enum rate_class of auth/rate.h */
    const struct schema *input;  /* body; NULL: a body is refused unless empty */
    const struct schema *query;  /* known query parameters; NULL: none are read */
    unsigned flags;
    const char *template;    /* page, NULL: always JSON */
    route_handler *handler;
};

/* Compiles the table once per process into a segment trie. A duplicate (method, pattern) aborts. */
struct router *router_new(struct arena *a, const struct route *routes, size_t n);

/* Pattern segments: literal, {name} (any text, no '/'), {name:int}, {name:uuid}. A literal wins
 * over a variable. `path` comes without trailing slash and ".json". Returns the row and fills vars;
 * NULL with *error ERR_NOT_FOUND or ERR_METHOD_NOT_ALLOWED (*allow: "GET, POST"). HEAD is matched
 * as GET by the caller. */
const struct route *router_match(const struct router *r, struct arena *a, enum method method,
                                 const char *path, const char *vars[ROUTE_VARS_MAX],
                                 enum err *error, const char **allow);
bool method_parse(const char *s, enum method *out);
const char *method_name(enum method m);
const char *pool_name(enum pool p);

#endif
