/* Finished spans on their way to the trace collector: a bounded ring in memory shared by all
 * processes. Whoever finishes a piece of work puts its span in and never waits: when the ring is
 * full or held, the span is dropped and counted (METRIC_SPANS_DROPPED). A job worker takes them out
 * in batches (net/otlp). Any process. */
#ifndef CORE_SPANS_H
#define CORE_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/trace.h"

#define SPANS_MAX 1024

enum span_kind { SPAN_INTERNAL = 1, SPAN_SERVER = 2, SPAN_CLIENT = 3 }; /* as OTLP numbers them */

struct span {
    char trace_id[33];
    char span_id[17];
    char parent_id[17]; /* "" for a root */
    char name[64];      /* cut when longer */
    char pool[16];      /* "web", "job" … */
    char request_id[65];
    int kind;
    int status;         /* HTTP status, 0: none; from 500 on the span is an error */
    int64_t start_us, end_us; /* wall clock, since 1970 */
};

size_t spans_area_size(void);
/* Master: the whole shared area, zeroed. NULL: no ring, spans are not kept. False with errno. */
bool spans_attach(void *area);
/* Off until somebody sends them: net_open turns it on when trace.url is set. */
void spans_enable(bool on);
/* Records the work of t, if sampled: trace, name, kind, pool, times and status are copied. */
void spans_put(const struct trace *t, enum span_kind kind, const char *name, const char *pool,
               const char *request_id, int64_t start_us, int64_t end_us, int status);
/* Takes out up to max of the oldest; the number taken. */
size_t spans_take(struct span *out, size_t max);

#endif
