/* What gateways that speak JSON over POST have in common. Pay and job processes. */
#ifndef SHOP_GATEWAY_JSON_H
#define SHOP_GATEWAY_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "net/fetch.h"

struct view;

#define GATEWAY_NO_NUMBER INT64_MIN

struct gateway_call {
    const char *url, *auth; /* auth: a whole header line, or NULL */
    const struct view *body;
    bool idempotent;
};

/* Posts and parses an object, whatever the HTTP status; NULL with the outcome and the reason when there
 * is no readable answer. */
struct view *gateway_post(struct op *op, const struct gateway_call *call, enum fetch_outcome *outcome,
                          const char **problem);
/* Numbers come as numbers or as digits in a string. GATEWAY_NO_NUMBER: absent or something else. */
int64_t gateway_number(const struct view *v, const char *key);
const char *gateway_text(struct op *op, const struct view *v, const char *key);

#endif
