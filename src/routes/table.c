/* The route table: routes.def made into rows. */
#include "auth/policy.h"
#include "auth/rate.h"
#include "routes/app.h"
#include "routes/handlers.h"

enum route_id {
#define ROUTE(id, method, pattern, pool, policy, rate, input, query, flags, template, handler) ROUTE_ID_##id,
#include "routes/routes.def"
#undef ROUTE
    ROUTE_ID_COUNT
};

/* A row without a schema says `none`: the address of nothing. */
#define none (*(const struct schema *)0)

const struct route routes_table[] = {
#define ROUTE(id_, method_, pattern_, pool_, policy_, rate_, input_, query_, flags_, template_, handler_)              \
    { .id = ROUTE_ID_##id_, .name = #id_, .method = METHOD_##method_, .pattern = pattern_, .pool = POOL_##pool_,        \
      .policy = POLICY_##policy_, .rate = RATE_##rate_, .input = &input_, .query = &query_,             \
      .flags = flags_, .template = template_, .handler = handler_ },
#include "routes/routes.def"
#undef ROUTE
};
const size_t routes_count = sizeof(routes_table) / sizeof(routes_table[0]);

const char *routes_name(unsigned id)
{
    return id < routes_count ? routes_table[id].name : NULL;
}
