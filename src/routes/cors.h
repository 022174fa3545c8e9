/* Other sites' scripts: which origins may call the API from a browser (the setting cors.origins, none
 * by default). Credentials are never allowed: such a caller brings its own bearer token, and neither
 * reads nor sends our cookies. Worker processes. */
#ifndef ROUTES_CORS_H
#define ROUTES_CORS_H

#include <stdbool.h>

#include "core/err.h"

struct request;

/* Whether the request names an origin of the list. */
bool cors_allowed(const struct request *req);
/* After the pipeline: adds the headers an allowed origin needs to read the answer, also of an error.
 * A preflight (OPTIONS on a path that exists, its 405 so far) becomes 204 with what may be sent;
 * the result that is to be answered is returned. */
enum err cors_finish(struct request *req, enum err result) MUST_CHECK;

#endif
