/* The fixed order in which every request is worked on: read → match → session → policy → cross-site
 * → decode → rate → idempotency → handler in its transaction → answer. Handlers contain none of it.
 * Worker processes. */
#ifndef ROUTES_PIPELINE_H
#define ROUTES_PIPELINE_H

#include "core/err.h"

struct app;
struct fcgi;
struct request;

/* Everything up to the finished reply; the result decides between the view and a problem. */
enum err pipeline_run(struct app *app, struct fcgi *f, struct request *req) MUST_CHECK;

#endif
