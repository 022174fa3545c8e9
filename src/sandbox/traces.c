/* OTLP/HTTP trace collector: takes JSON exports and shows the last ones. */
#include <string.h>

#include "sandbox/field.h"
#include "sandbox/routes.h"
#include "sandbox/when.h"

#define KEPT 500

static json_object *kept[KEPT]; /* ring */
static size_t next, count;

static void keep(json_object *span, const char *service)
{
    char at[WHEN_TEXT];
    static const char *const fields[] = {
        "traceId",           "spanId",          "parentSpanId", "name",      "kind",
        "startTimeUnixNano", "endTimeUnixNano", "status",       "attributes"
    };
    json_object *o = json_object_new_object();
    field_put_str(o, "at", when_rfc3339(when_now(), at));
    field_put_str(o, "service", service);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        json_object *copy = NULL, *value = field_get(span, fields[i]);
        if (value && json_object_deep_copy(value, &copy, NULL) == 0)
            field_put(o, fields[i], copy);
    }
    json_object_put(kept[next]);
    kept[next] = o;
    next = (next + 1) % KEPT;
    count += count < KEPT;
}

static size_t items_of(json_object *o, const char *key, json_object **list)
{
    *list = field_get(o, key);
    return *list && json_object_is_type(*list, json_type_array) ? json_object_array_length(*list)
                                                                : 0;
}

/* The attribute service.name of a resource, or NULL. */
static const char *service_of(json_object *resource_spans)
{
    json_object *list;
    size_t n = items_of(field_get(resource_spans, "resource"), "attributes", &list);
    for (size_t i = 0; i < n; i++) {
        json_object *attribute = json_object_array_get_idx(list, i);
        const char *key = field_str(attribute, "key");
        if (key && strcmp(key, "service.name") == 0)
            return field_str(field_get(attribute, "value"), "stringValue");
    }
    return NULL;
}

static void take_resource(json_object *resource_spans)
{
    json_object *scopes, *spans;
    const char *service = service_of(resource_spans);
    size_t scope_n = items_of(resource_spans, "scopeSpans", &scopes);
    for (size_t i = 0; i < scope_n; i++) {
        size_t span_n = items_of(json_object_array_get_idx(scopes, i), "spans", &spans);
        for (size_t k = 0; k < span_n; k++)
            keep(json_object_array_get_idx(spans, k), service);
    }
}

void traces_take(struct exchange *x)
{
    json_object *list;
    if (!field_get(x->in, "resourceSpans")) {
        answer_error(x, 400, "OTLP/HTTP with JSON encoding is wanted");
        return;
    }
    size_t n = items_of(x->in, "resourceSpans", &list);
    for (size_t i = 0; i < n; i++)
        take_resource(json_object_array_get_idx(list, i));
    json_object *o = json_object_new_object();
    field_put(o, "partialSuccess", json_object_new_object());
    answer_json(x, 200, o);
}

/* Newest first; ?trace_id= keeps one trace. */
void traces_list(struct exchange *x)
{
    const char *wanted = field_str(x->query, "trace_id");
    json_object *o = json_object_new_object(), *items = json_object_new_array();
    for (size_t i = 0; i < count; i++) {
        json_object *span = kept[(next + KEPT - 1 - i) % KEPT], *copy = NULL;
        const char *trace = field_str(span, "traceId");
        if (wanted && (!trace || strcmp(trace, wanted) != 0))
            continue;
        if (json_object_deep_copy(span, &copy, NULL) == 0)
            json_object_array_add(items, copy);
    }
    field_put(o, "items", items);
    answer_json(x, 200, o);
}
