/* One HTTP exchange: what came, what goes back, what the journal says about it. Made and freed by
 * server.c; handlers run with the state lock held and only compute. */
#ifndef SANDBOX_EXCHANGE_H
#define SANDBOX_EXCHANGE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "sandbox/faults.h"
#include "sandbox/journal.h"
#include "sandbox/strbuf.h"

struct MHD_Connection;
struct route;

struct exchange {
    struct MHD_Connection *conn;
    const char *method;
    char *path;
    struct strbuf body;
    bool too_large;
    const struct route *route;
    char *param[2];     /* the {…} parts of the path */
    json_object *in;    /* body, JSON or form; always an object, perhaps empty */
    json_object *query; /* texts */
    bool form;          /* the body was an HTML form */
    struct outcome outcome;

    /* the answer: json, or html, or only a status; location makes it a redirect */
    int status;
    json_object *json;
    struct strbuf html;
    const char *type; /* of html; NULL: text/html */
    bool cacheable;   /* style and font */
    char *location;
    int64_t delay_ms;
    bool hangup;

    struct entry entry; /* request and messages are owned by the exchange */
};

const char *exchange_header(const struct exchange *x, const char *name); /* NULL when absent */
bool exchange_wants_page(const struct exchange *x); /* a browser: Accept names text/html */

void answer_json(struct exchange *x, int status, json_object *json); /* takes json */
void answer_error(struct exchange *x, int status, const char *error);
void answer_redirect(struct exchange *x, const char *location);

/* Routes (routes.c): finds the route, parses the input, applies faults, runs the handler, keeps the
 * journal. No lock held. */
void exchange_run(struct exchange *x);

#endif
