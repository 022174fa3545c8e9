/* JSON over POST, for gateways. */
#include "shop/gateway_json.h"

#include "core/arena.h"
#include "core/str.h"
#include "core/view.h"

int64_t gateway_number(const struct view *v, const char *key)
{
    struct view *member = view_get(v, key);
    int64_t n;
    if (!member || !str_int(str_of(view_value_text(member)), &n))
        return GATEWAY_NO_NUMBER;
    return n;
}

const char *gateway_text(struct op *op, const struct view *v, const char *key)
{
    struct view *member = view_get(v, key);
    return member ? arena_strdup(op->arena, view_value_text(member)) : NULL;
}

struct view *gateway_post(struct op *op, const struct gateway_call *call, enum fetch_outcome *outcome,
                          const char **problem)
{
    const char *headers[] = { call->auth, NULL };
    struct fetch_answer answer;
    struct fetch_call c = { .method = "POST", .url = call->url, .content_type = "application/json",
        .body = str_of(view_serialize(op->arena, call->body)), .headers = call->auth ? headers : NULL,
        .idempotent = call->idempotent };
    const char *error = NULL;
    fetch(op, &c, &answer);
    *outcome = answer.outcome;
    *problem = answer.problem;
    if (answer.outcome != FETCH_ANSWERED)
        return NULL;
    struct view *v = view_parse(op->arena, answer.body, 12, &error);
    if (v && view_kind(v) == VIEW_OBJECT)
        return v;
    *outcome = FETCH_UNKNOWN;
    *problem = arena_printf(op->arena, "status %d without a readable answer", answer.status);
    return NULL;
}
