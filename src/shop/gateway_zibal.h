/* What Zibal's payments and refunds share. Private to them; pay and job processes. */
#ifndef SHOP_GATEWAY_ZIBAL_H
#define SHOP_GATEWAY_ZIBAL_H

#include "shop/gateway.h"
#include "shop/gateway_json.h"

struct view;

/* NULL with the outcome when there is no answer with a `result`. */
struct view *zibal_call(struct op *op, const char *base, const char *path, const struct view *body, const char *auth,
                        bool idempotent, enum fetch_outcome *outcome, const char **problem);

bool zibal_can_refund(struct op *op);
enum gateway_outcome zibal_refund(struct op *op, const struct gateway_refund *in, const char **id, const char **problem);
enum gateway_outcome zibal_refund_inquire(struct op *op, const struct gateway_refund *in, const char **id, const char **problem);
enum gateway_word zibal_refund_follow(struct op *op, const struct gateway_refund *in, const char **problem);

#endif
