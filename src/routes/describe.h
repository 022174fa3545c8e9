/* The route table told to others: `tarazu routes` and the OpenAPI 3.1 description, both made from
 * routes.def and the input schemas, so that they cannot say anything else than what is served.
 * Commands and worker processes; memory is the caller's arena. */
#ifndef ROUTES_DESCRIBE_H
#define ROUTES_DESCRIBE_H

#include <stddef.h>

struct arena;
struct schema;
struct view;

/* `tarazu routes [--json]`: an aligned table, or an array of {id, method, pattern, pool, policy,
 * rate, flags, input, query, template}. Exit status: 0, or 2 for an unknown option. */
int routes_main(int argc, char **argv);

/* `tarazu openapi`: the document of GET /openapi.json. */
int openapi_main(struct arena *a);
struct view *openapi_view(struct arena *a);

/* Adds the JSON Schema of an input schema, and of those inside it, to `components`, once. */
void describe_schema(struct arena *a, struct view *components, const struct schema *s);
/* The fields of a query schema as parameters; nested ones are written with dots. */
void describe_query(struct arena *a, struct view *components, struct view *parameters, const struct schema *s);

#endif
