/* The table of services of a replica, and what each worker makes for itself after the fork. */
#include "serve.h"

#include <errno.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/conf.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "db/migrate.h"
#include "http/fcgi.h"
#include "http/template.h"
#include "jobs/jobs.h"
#include "net/net.h"
#include "net/otlp.h"
#include "proc/scoreboard.h"
#include "proc/supervisor.h"
#include "routes/app.h"
#include "routes/webhook.h"
#include "shop/fsm.h"
#include "shop/payment.h"

#define JOB_IDLE_MS 200

static const struct conf *conf; /* replaced by HUP in the master; constant in a worker */

static const char *pool_label(unsigned i)
{
    return i < POOL_COUNT ? pool_name((enum pool)i) : NULL;
}

static const char *class_label(unsigned i)
{
    static const char *const names[] = { "other", "1xx", "2xx", "3xx", "4xx", "5xx" };
    return i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;
}

static const char *error_label(unsigned i)
{
    return i < ERR_COUNT ? err_slug((enum err)i) : NULL;
}

static const char *route_label(unsigned i)
{
    return i == 255 ? "none" : routes_name(i);
}

static void name_labels(void)
{
    metrics_label_names(METRIC_REQUESTS, route_label);
    metrics_label_names(METRIC_RESPONSES, class_label);
    metrics_label_names(METRIC_REQUEST_TIME, pool_label);
    metrics_label_names(METRIC_REQUEST_CPU, pool_label);
    metrics_label_names(METRIC_ERRORS, error_label);
    metrics_label_names(METRIC_SETTLEMENTS, settle_outcome_name);
    metrics_label_names(METRIC_WEBHOOKS, webhook_outcome_name);
    metrics_label_names(METRIC_JOBS_DONE, job_kind_name);
    metrics_label_names(METRIC_JOBS_FAILED, job_kind_name);
    metrics_label_names(METRIC_JOBS_DEAD, job_kind_name);
}

static struct templates *load_templates(struct arena *a)
{
    const char *error = NULL;
    struct templates *t = templates_load(a, conf->template_dir, &error);
    if (t && templates_texts(t, a, conf->locale_dir, &error) &&
        templates_assets(t, a, conf->static_dir, &error))
        return t;
    log_error("templates: %s", error ? error : "cannot be read");
    return NULL;
}

/* The schema and the state machines must be those of this program. */
static bool schema_fits(struct arena *a, struct db *db)
{
    struct errinfo info = { 0 };
    struct op op = { .arena = a, .err = &info, .db = db, .conf = conf, .actor = { .kind = ACTOR_SYSTEM, .name = "serve" } };
    const char *why = NULL;
    if (migrate_check(&op, conf->sql_dir, &why) && fsm_check(&op, &why))
        return true;
    log_error("not serving: %s", why ? why : "the database does not answer");
    return false;
}

static bool open_app(struct app *app, enum pool pool)
{
    static const enum db_role roles[] = { [POOL_WEB] = DB_WEB, [POOL_ORDER] = DB_ORDER, [POOL_PAY] = DB_PAY, [POOL_JOB] = DB_JOB };
    struct arena *a = arena_create("process");
    *app = (struct app){ .process = a, .conf = conf, .pool = pool, .db = db_open(a, conf->db_dsn, roles[pool]) };
    name_labels();
    net_breakers(scoreboard_breaker(0), SCOREBOARD_BREAKERS);
    app->net = net_open(a, conf);
    app->templates = load_templates(a);
    if (!app->templates || !schema_fits(a, app->db))
        return false;
    app->router = router_new(a, routes_table, routes_count);
    return true;
}

static int run_requests(enum pool pool, int listen_fd)
{
    struct app app;
    if (!open_app(&app, pool))
        return 1;
    worker_on_stop(fcgi_shutdown);
    return app_serve(&app, listen_fd);
}

static int run_web(const struct service *self, size_t slot, void *arg)
{
    (void)slot;
    (void)arg;
    return run_requests(POOL_WEB, self->listen_fd);
}

static int run_order(const struct service *self, size_t slot, void *arg)
{
    (void)slot;
    (void)arg;
    return run_requests(POOL_ORDER, self->listen_fd);
}

static int run_pay(const struct service *self, size_t slot, void *arg)
{
    (void)slot;
    (void)arg;
    return run_requests(POOL_PAY, self->listen_fd);
}

static int run_jobs(const struct service *self, size_t slot, void *arg)
{
    struct app app;
    (void)self;
    (void)arg;
    if (!open_app(&app, POOL_JOB))
        return 1;
    job_messages_use(app.templates);
    jobs_announce(scoreboard_busy);
    struct arena *a = arena_create("job");
    scoreboard_idle();
    while (!worker_should_stop()) {
        struct errinfo info = { 0 };
        struct op op = { .arena = a, .err = &info, .db = app.db, .net = app.net, .conf = conf, .client = "",
                         .actor = { .kind = ACTOR_SYSTEM, .name = "jobs" } };
        struct job_place place = { .rank = scoreboard_rank(slot), .of = (int)conf->worker_job };
        bool worked = false;
        scoreboard_busy(-1, "");
        enum err e = jobs_round(&op, place, &worked);
        if (e)
            log_event(LOG_WARNING, "job round", LOG_S("error", err_slug(e)), LOG_S("internal", info.internal));
        while (place.rank + 1 >= place.of && otlp_export(&op)) /* one is enough to wait for a collector */
            continue;
        arena_reset(a);
        scoreboard_idle();
        if (!worked || e)
            worker_sleep(JOB_IDLE_MS);
    }
    return 0;
}

static const char *work_name(int service, int route)
{
    if (route < 0)
        return NULL;
    return service == POOL_JOB ? job_kind_name((unsigned)route) : routes_name((unsigned)route);
}

static void set_counts(struct supervisor *s)
{
    const int64_t counts[] = { conf->worker_web, conf->worker_order, conf->worker_pay, conf->worker_job };
    for (size_t i = 0; i < s->count; i++) {
        s->services[i].count = (int)counts[i];
        s->services[i].watchdog_seconds = (int)conf->worker_watchdog_seconds * (i == POOL_JOB ? 5 : 1);
    }
    s->drain_seconds = (int)conf->worker_drain_seconds;
}

static bool reload(struct supervisor *s, void *arg)
{
    struct arena *process = arg;
    const char *error = NULL;
    const struct conf *fresh = conf_load(process, conf->path, &error);
    if (!fresh) {
        log_error("reload: %s; the old configuration stays", error);
        return false;
    }
    conf = fresh;
    set_counts(s);
    return true;
}

static bool open_sockets(struct arena *a, struct service *services)
{
    for (int i = 0; i < POOL_JOB; i++) {
        const char *path = arena_printf(a, "%s/%s.sock", conf->socket_dir, services[i].name);
        services[i].listen_fd = fcgi_listen(path);
        if (services[i].listen_fd < 0) {
            log_error("%s: %s", path, strerror(errno));
            return false;
        }
    }
    return true;
}

int serve_main(struct arena *process, const struct conf *first)
{
    struct service services[] = {
        [POOL_WEB] = { .name = "web", .run = run_web, .listen_fd = -1 },
        [POOL_ORDER] = { .name = "order", .run = run_order, .listen_fd = -1 },
        [POOL_PAY] = { .name = "pay", .run = run_pay, .listen_fd = -1 },
        [POOL_JOB] = { .name = "job", .run = run_jobs, .listen_fd = -1 },
    };
    conf = first;
    struct supervisor s = { .services = services, .count = POOL_COUNT, .work_name = work_name, .reload = reload, .arg = process,
                            .pid_file = arena_printf(process, "%s/serve.pid", conf->run_dir) };
    name_labels();
    set_counts(&s);
    if (!open_sockets(process, services))
        return 1;
    return supervisor_run(&s);
}
