/* The gateways that exist. */
#include "shop/gateway.h"

#include <string.h>

static const struct gateway *const gateways[] = { &gateway_zibal, &gateway_zarinpal };

const struct gateway *gateway_find(const char *name)
{
    for (size_t i = 0; name && i < sizeof(gateways) / sizeof(gateways[0]); i++)
        if (strcmp(gateways[i]->name, name) == 0)
            return gateways[i];
    return NULL;
}

const struct gateway *gateway_default(struct op *op)
{
    for (size_t i = 0; i < sizeof(gateways) / sizeof(gateways[0]); i++)
        if (gateways[i]->available(op))
            return gateways[i];
    return NULL;
}

bool gateway_can_refund(struct op *op, const char *name)
{
    const struct gateway *g = gateway_find(name);
    return g && g->can_refund && g->can_refund(op);
}
