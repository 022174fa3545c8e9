/* Sends finished spans to the collector of trace.url as OTLP/HTTP JSON. Called by job workers
 * between jobs, never inside a request. */
#ifndef NET_OTLP_H
#define NET_OTLP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/op.h"
#include "core/spans.h"

#define OTLP_BATCH 256

/* Sends one batch. True when more may be waiting. A batch that the collector does not take, also
 * after the retries of fetch, is dropped and counted. Does nothing without trace.url. */
bool otlp_export(struct op *op);
/* The body for n spans, arena-owned. */
const char *otlp_body(struct op *op, const struct span *spans, size_t n);

#endif
