/* One HTTP request and the reply being made for it. Filled by http/fcgi.c, decoded by the pipeline
 * (routes/pipeline.c), answered by http/response.c. Lives in the worker's request arena. Strings
 * are NUL-terminated and valid until the arena is reset. Worker processes. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/op.h"
#include "core/str.h"
#include "core/trace.h"
#include "http/router.h"

enum accept { ACCEPT_HTML, ACCEPT_JSON };

struct upload {
    const char *field;
    const char *filename; /* as sent, for messages only */
    struct str data;
};

/* What the pipeline found out about who asks. */
struct principal {
    enum actor_kind kind;
    int64_t id;
    const char *name;        /* shown in the page's head; staff user name or customer's name */
    int64_t session_id;      /* 0: none */
    uint64_t permissions;    /* staff: bits of enum permission (auth/policy.h) */
    int64_t cart_id;         /* 0: none yet */
    const char *cart_token;  /* as in the cookie; NULL: none */
    bool by_cookie;          /* credentials came by cookie: the cross-site check applies */
};

struct reply {
    int status;              /* 0 until set */
    struct view *view;       /* root of the answer; always an object */
    const char *location;    /* next page: browsers get 303, API clients a Location header on 201 */
    const char *template;    /* overrides the route's */
    const char *resource;    /* kind of a stored resource ("order") that is the answer, read by the */
    int64_t resource_id;     /* pipeline with the last trip of the transaction; NULL: the view is */
    const char *body;        /* ready-made body instead of the view (files, metrics); NULL: none */
    size_t body_size;
    const char *content_type; /* with body */
    const char *print;       /* template of the same view as a document to download (routes/document.h) */
    const char *filename;    /* of that download */
    const char *cache_control; /* NULL: no-store */
    int retry_after;         /* seconds; 0: none */
    bool replayed;           /* Idempotent-Replayed: true */
    const char *login_page;  /* where a browser without a session is sent; NULL: "/login" */
    struct header *headers;  /* further ones, incl. Set-Cookie; newest first */
};

struct header {
    const char *name, *value;
    struct header *next;
};

struct request {
    struct op op; /* embedded: handlers pass &req->op to the domain */
    struct errinfo errinfo;
    struct trace trace;
    int64_t started_us; /* monotonic */

    enum method method;    /* after _method; METHOD_COUNT: none that routes know (answer: 405) */
    bool head;             /* HEAD: treated as GET, the answer's body is not sent */
    bool bad;              /* the path could not be decoded and is "/": answer ERR_BAD_REQUEST */
    const char *uri;       /* path and query as sent */
    const char *path;      /* percent-decoded, '/'-led, without query, trailing slash and ".json" */
    const char *query;     /* raw, "" when none */
    enum accept accept;
    const char *content_type;
    struct str body;       /* raw; at most the route's limit */
    char *const *env;      /* FastCGI parameters, for request_header() */

    const struct route *route; /* NULL: nothing matched */
    const char *allow;     /* methods of a 405, from router_match */
    const char *vars[ROUTE_VARS_MAX]; /* path variables in pattern order, percent-decoded */
    struct view *tree;     /* the parsed body, an object; NULL until http/decode.h has read it */
    void *input;           /* decoded body: the struct of the route's schema; NULL without schema */
    void *params;          /* decoded query: the struct of the route's query schema; NULL without */
    struct upload *uploads;
    size_t upload_count;
    const char *idempotency_key; /* header or form field; NULL: none */

    struct principal principal;
    struct reply reply;
};

/* A fresh request out of FastCGI parameters ("NAME=value", NULL-ended), which are copied.
 * Everything that does not come with the request (op.db, op.conf, route, principal …) is zero. */
void request_init(struct request *req, struct arena *a, char *const *env);
/* FastCGI parameter by its own name ("REMOTE_ADDR"); NULL when absent. */
const char *request_param(const struct request *req, const char *name);
/* Header by its HTTP name ("Origin"); NULL when absent, the first one when it was sent twice. */
const char *request_header(const struct request *req, const char *name);
/* The same for what must not be ambiguous: NULL also when it was sent twice. */
const char *request_sole_header(const struct request *req, const char *name);
/* Cookie by name, NULL when absent; malformed pairs are passed over. */
const char *request_cookie(const struct request *req, const char *name);
/* Percent-decoded parameter of the query string, NULL when absent or broken; the last one
 * counts. */
const char *request_query(const struct request *req, const char *name);
const struct upload *request_upload(const struct request *req, const char *field);
/* Path and query of the page the browser came from, when it is one of ours; NULL otherwise. */
const char *request_back(const struct request *req);

/* Reply helpers; each returns nothing because they only fill req->reply. Control characters in a
 * header's or a cookie's value are replaced, so that no text can add a header. */
void reply_header(struct request *req, const char *name, const char *value);
/* Cookie under the name as given ("__Host-cart"): Secure, HttpOnly, Path=/, SameSite=Lax; max_age
 * 0: session, <0: delete. */
void reply_cookie(struct request *req, const char *name, const char *value, int max_age);
void reply_redirect(struct request *req, const char *location); /* sets location */
void reply_created(struct request *req, const char *location);  /* status 201 and location */
void reply_body(struct request *req, const char *content_type, const char *body, size_t size);

#endif
