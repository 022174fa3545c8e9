/* The life of a web, order or pay worker. */
#include "routes/app.h"

#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/spans.h"
#include "core/view.h"
#include "http/fcgi.h"
#include "http/request.h"
#include "http/response.h"
#include "proc/scoreboard.h"
#include "routes/cors.h"
#include "routes/document.h"
#include "routes/pipeline.h"

/* A token in an address is a key to something: the pattern is logged in its place. */
static const char *path_for_log(const struct request *req)
{
    return req->route && strstr(req->route->pattern, "{token}") ? req->route->pattern : req->path;
}

static void log_request(const struct request *req, enum err result, int status, int64_t micros, int64_t cpu)
{
    bool failed = result != ERR_OK;
    enum log_level level = failed ? (enum log_level)err_log_level(result) : LOG_INFO;
    log_event(level, "request", LOG_S("request_id", req->op.request_id), LOG_S("method", method_name(req->method)),
              LOG_S("route", req->route ? req->route->name : "-"), LOG_S("path", path_for_log(req)), LOG_I("status", status),
              LOG_I("us", micros), LOG_I("cpu_us", cpu), LOG_S("client", req->op.client), LOG_S("error", failed ? err_slug(result) : NULL),
              LOG_S("internal", failed ? req->errinfo.internal : NULL));
}

static void count(const struct app *app, const struct request *req, enum err result, int status, int64_t micros, int64_t cpu)
{
    metrics_add(METRIC_REQUESTS, req->route ? (unsigned)req->route->id : 255, 1);
    metrics_add(METRIC_RESPONSES, (unsigned)status / 100, 1);
    metrics_observe_us(METRIC_REQUEST_TIME, app->pool, (uint64_t)micros);
    metrics_add(METRIC_REQUEST_CPU, app->pool, (uint64_t)cpu);
    if (result)
        metrics_add(METRIC_ERRORS, result, 1);
}

static void serve_one(struct app *app, struct fcgi *f, struct request *req)
{
    struct response out;
    int64_t cpu_before = clock_cpu_us();
    enum err result = cors_finish(req, pipeline_run(app, f, req));
    scoreboard_wait_leave();
    result = document_finish(req, result, app->templates);
    response_make(req, result, app->templates, app_chrome, &out);
    fcgi_reply(f, out.status, out.headers, out.body, out.size);
    int64_t micros = clock_monotonic_us() - req->started_us, cpu = clock_cpu_us() - cpu_before;
    count(app, req, result, out.status, micros, cpu);
    spans_put(&req->trace, SPAN_SERVER, req->route ? req->route->name : "none", pool_name(app->pool), req->op.request_id,
              clock_micros() - micros, clock_micros(), out.status);
    log_request(req, result, out.status, micros, cpu);
}

int app_serve(struct app *app, int listen_fd)
{
    struct arena *a = arena_create("request");
    struct fcgi *f = fcgi_open(app->process, listen_fd);
    struct request req;
    int64_t most = app->conf->worker_max_requests, served = 0;
    if (most) /* spread, so that workers are not all replaced at once */
        most += crypto_random_below((uint32_t)(most / 5 + 1));
    scoreboard_idle();
    while (fcgi_accept(f, a, &req)) {
        scoreboard_busy(-1, req.op.request_id);
        serve_one(app, f, &req);
        arena_reset(a);
        scoreboard_idle();
        if (most && ++served >= most)
            break;
    }
    return 0;
}
