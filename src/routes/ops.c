/* Operations: health, figures, background work, the language. */
#include "routes/handlers.h"

#include <string.h>

#include "auth/audit.h"
#include "core/arena.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "http/router.h"
#include "routes/app.h"
#include "routes/describe.h"

#define LANGUAGE_SECONDS (365 * 86400)

enum err admin_job_list_get(struct request *req)
{
    struct rows r;
    TRY(db_query(&req->op, &r, Q_JOBS_DEAD));
    view_json(req->reply.view, "items", row_text(&r, 0, "items"));
    view_null(req->reply.view, "next");
    return ERR_OK;
}

enum err admin_job_retry_post(struct request *req)
{
    struct op *op = &req->op;
    struct rows r;
    int64_t id;
    if (!str_int(str_of(req->vars[0]), &id))
        return err_set(op, ERR_NOT_FOUND, NULL);
    TRY(db_query(op, &r, Q_JOB_REVIVE, P_INT(id)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    audit_write(op, "job.retry", arena_printf(op->arena, "job:%s", req->vars[0]), NULL, NULL);
    view_int(req->reply.view, "id", id);
    view_text(req->reply.view, "state", "ready");
    req->reply.location = "/admin/jobs";
    return ERR_OK;
}

/* The worker answers: that is all. */
enum err healthz_get(struct request *req)
{
    view_text(req->reply.view, "status", "ok");
    return ERR_OK;
}

enum err readyz_get(struct request *req)
{
    if (!db_ping(&req->op))
        return err_set(&req->op, ERR_DB_UNAVAILABLE, NULL);
    view_text(req->reply.view, "status", "ok");
    return ERR_OK;
}

static void gauge(struct buf *b, const char *name, const char *help, int64_t value)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s gauge\n%s %lld\n", name, help, name, name, (long long)value);
}

/* Without the database the workers' own figures still come, and tell that it is gone. */
static void add_gauges(struct op *op, struct buf *b)
{
    static const struct {
        const char *column, *name, *help;
    } gauges[] = {
#define GAUGE(column, name, help) { column, name, help },
#include "routes/gauges.def"
#undef GAUGE
    };
    struct rows r;
    bool up = db_query(op, &r, Q_OPS_GAUGES) == ERR_OK;
    gauge(b, "tarazu_database_up", "1 while the database answers.", up);
    for (size_t i = 0; up && i < sizeof(gauges) / sizeof(gauges[0]); i++)
        gauge(b, gauges[i].name, gauges[i].help, row_int(&r, 0, gauges[i].column));
    err_clear(op);
}

/* nginx's allow-list covers this path and no other spelling of it. */
static bool guarded_path(const struct request *req)
{
    struct str uri = str_of(req->uri);
    struct str path = str_cut(&uri, '?');
    return str_is(path, "/metrics") || str_is(path, "/metrics/");
}

enum err metrics_get(struct request *req)
{
    struct buf b;
    if (!guarded_path(req))
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    buf_init(&b, req->op.arena, 16384);
    metrics_render(&b);
    add_gauges(&req->op, &b);
    reply_body(req, "text/plain; version=0.0.4; charset=utf-8", buf_text(&b), b.n);
    return ERR_OK;
}

enum err openapi_get(struct request *req)
{
    req->reply.view = openapi_view(req->op.arena);
    req->reply.cache_control = "public, max-age=1";
    return ERR_OK;
}

enum err docs_page(struct request *req)
{
    struct view *list = view_array(req->reply.view, "routes");
    for (size_t i = 0; i < routes_count; i++) {
        struct view *row = view_append(list);
        view_text(row, "method", method_name(routes_table[i].method));
        view_text(row, "pattern", routes_table[i].pattern);
    }
    return ERR_OK;
}

/* Where the `type` of a problem document leads: the catalogue of errors, one anchor a slug. */
enum err docs_errors_page(struct request *req)
{
    struct view *list = view_array(req->reply.view, "items");
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
        struct view *row = view_append(list);
        view_text(row, "code", err_slug((enum err)e));
        view_int(row, "status", err_status((enum err)e));
        view_text(row, "title", err_title((enum err)e, req->op.lang));
    }
    return ERR_OK;
}

struct language_in {
    const char *lang, *next;
};
static const struct field language_fields[] = {
    FIELD(F_ENUM, language_in, lang, .choices = " fa en ", .flags = F_REQUIRED),
    FIELD(F_TEXT, language_in, next, .max = 1000, .doc = "path to go on to"),
};
const struct schema language_in = SCHEMA(language_in, language_fields);

/* The cookie may be read by nginx and scripts; it says nothing about anybody. */
enum err language_post(struct request *req)
{
    const struct language_in *in = req->input;
    const char *back = request_back(req);
    reply_header(req, "Set-Cookie", arena_printf(req->op.arena, "lang=%s; Path=/; Max-Age=%d; Secure; SameSite=Lax",
                                                 in->lang, LANGUAGE_SECONDS));
    view_text(req->reply.view, "lang", in->lang);
    reply_redirect(req, identity_next(in->next, back ? back : "/"));
    return ERR_OK;
}
