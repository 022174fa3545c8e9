/* OTLP/HTTP JSON: 64-bit numbers as decimal texts, enumerations as numbers, ids in hex. */
#include "net/otlp.h"

#include <inttypes.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/view.h"
#include "net/fetch.h"

#define STATUS_ERROR 2

static void add_text(struct view *attributes, const char *key, const char *value)
{
    struct view *a = view_append(attributes);
    view_text(a, "key", key);
    view_text(view_object(a, "value"), "stringValue", value);
}

static void add_int(struct op *op, struct view *attributes, const char *key, int64_t value)
{
    struct view *a = view_append(attributes);
    view_text(a, "key", key);
    view_text(view_object(a, "value"), "intValue", arena_printf(op->arena, "%" PRId64, value));
}

static const char *nanoseconds(struct op *op, int64_t us)
{
    return arena_printf(op->arena, "%" PRId64 "000", us);
}

static void add_span(struct op *op, struct view *list, const struct span *s)
{
    struct view *o = view_append(list);
    view_text(o, "traceId", s->trace_id);
    view_text(o, "spanId", s->span_id);
    if (s->parent_id[0] != '\0')
        view_text(o, "parentSpanId", s->parent_id);
    view_text(o, "name", s->name);
    view_int(o, "kind", s->kind);
    view_text(o, "startTimeUnixNano", nanoseconds(op, s->start_us));
    view_text(o, "endTimeUnixNano", nanoseconds(op, s->end_us));
    struct view *attributes = view_array(o, "attributes");
    add_text(attributes, "tarazu.pool", s->pool);
    add_text(attributes, "tarazu.request_id", s->request_id);
    if (s->status > 0)
        add_int(op, attributes, "http.response.status_code", s->status);
    if (s->status >= 500)
        view_int(view_object(o, "status"), "code", STATUS_ERROR);
}

const char *otlp_body(struct op *op, const struct span *spans, size_t n)
{
    struct view *root = view_new(op->arena);
    struct view *resource = view_append(view_array(root, "resourceSpans"));
    add_text(view_array(view_object(resource, "resource"), "attributes"), "service.name", "tarazu");
    struct view *scope = view_append(view_array(resource, "scopeSpans"));
    view_text(view_object(scope, "scope"), "name", "tarazu");
    struct view *list = view_array(scope, "spans");
    for (size_t i = 0; i < n; i++)
        add_span(op, list, &spans[i]);
    return view_serialize(op->arena, root);
}

/* Spans that arrive twice are the same spans: a call that may be repeated. */
static void post(struct op *op, const struct span *spans, size_t n)
{
    struct fetch_answer answer;
    const struct fetch_call call = { .method = "POST",
                                     .url = op->conf->trace_url,
                                     .content_type = "application/json",
                                     .body = str_of(otlp_body(op, spans, n)),
                                     .idempotent = true };
    fetch(op, &call, &answer);
    if (answer.outcome == FETCH_ANSWERED && answer.status / 100 == 2) {
        metrics_add(METRIC_SPANS_SENT, 0, n);
        return;
    }
    metrics_add(METRIC_SPANS_DROPPED, 0, n);
    log_event(LOG_WARNING, "trace spans were not taken", LOG_I("spans", (int64_t)n),
              LOG_I("status", answer.status), LOG_S("reason", answer.problem));
}

bool otlp_export(struct op *op)
{
    if (op->conf->trace_url[0] == '\0')
        return false;
    struct arena_mark mark = arena_mark(op->arena);
    struct span *spans = arena_array(op->arena, struct span, OTLP_BATCH);
    size_t n = spans_take(spans, OTLP_BATCH);
    if (n > 0)
        post(op, spans, n);
    arena_rewind(op->arena, mark);
    return n == OTLP_BATCH;
}
