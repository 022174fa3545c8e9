/* Outgoing HTTP. Only https (http for 127.0.0.1 trace collectors), only hosts that the
 * configuration names, TLS verified, no redirects, answers up to 1 MiB, connect 2 s, total 5 s. A
 * circuit breaker per host, shared by the workers of the machine: 5 failures in a row open it for
 * 10 s (doubling to 2 min), then one probe is let through. Retries (2, jittered, within the total
 * time) only where the caller says the call is idempotent. Worker and job processes. */
#ifndef NET_FETCH_H
#define NET_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"

enum fetch_outcome {
    FETCH_ANSWERED,  /* a complete answer came, whatever its status */
    FETCH_NOT_SENT,  /* certainly not acted upon: breaker open, refused, no connection, bad host */
    FETCH_UNKNOWN,   /* sent, but no complete answer: it may have been acted upon */
};

struct fetch_call {
    const char *method; /* "GET", "POST" */
    const char *url;
    const char *content_type; /* NULL: none */
    struct str body;
    const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
    bool idempotent;
    int total_ms; /* 0: 5000 */
};

struct fetch_answer {
    enum fetch_outcome outcome;
    int status;
    struct str body;
    const char *problem; /* why not answered, for the log */
    int64_t micros;
};

/* Never fails: the outcome tells. */
void fetch(struct op *op, const struct fetch_call *call, struct fetch_answer *out);

#endif
