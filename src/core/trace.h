/* W3C trace context. A request joins the caller's trace or starts one from its request id; spans are
 * handed to the sender in batches and dropped, counted, when the queue is full. Any process. */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include <stdbool.h>

struct trace {
    char trace_id[33]; /* lower-case hex */
    char span_id[17];
    char parent_id[17]; /* "" for a root */
    bool sampled;
};

/* From a traceparent header (exactly the 55 characters of version 00; anything else starts a new
 * trace with random ids). */
void trace_start(struct trace *t, const char *traceparent);
/* "00-…-…-01" into out[56], for calls that go out. */
void trace_header(const struct trace *t, char out[56]);

#endif
