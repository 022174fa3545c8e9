/* Taking, working and finishing jobs. */
#include "jobs/jobs.h"

#include <string.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/test_hooks.h"
#include "core/view.h"
#include "db/tx.h"

#define JOB_LOCK_SECONDS 120
#define JOB_BACKOFF_MAX 3600
#define KINDS_MAX 32

const struct job_kind job_kinds[] = {
#define JOB(kind, handler, attempts, backoff, period, lane) { #kind, handler, attempts, backoff, period, LANE_##lane },
#include "jobs/jobs.def"
#undef JOB
};
const unsigned job_kind_count = sizeof(job_kinds) / sizeof(job_kinds[0]);
_Static_assert(sizeof(job_kinds) / sizeof(job_kinds[0]) <= KINDS_MAX, "the lists of names below are too short");

struct job {
    int64_t id, attempt;
    const char *kind, *payload, *request_id;
};

const char *job_kind_name(unsigned i)
{
    return i < job_kind_count ? job_kinds[i].name : NULL;
}

static int kind_index(const char *name)
{
    for (unsigned i = 0; i < job_kind_count; i++)
        if (strcmp(job_kinds[i].name, name) == 0)
            return (int)i;
    return -1;
}

static enum err sync_schedules(struct op *op, void *arg)
{
    (void)arg;
    const char *names[KINDS_MAX];
    size_t n = 0;
    for (unsigned i = 0; i < job_kind_count; i++)
        if (job_kinds[i].period_seconds) {
            names[n++] = job_kinds[i].name;
            db_queue(op, Q_SCHEDULE_PUT, P_TEXT(job_kinds[i].name), P_INT(job_kinds[i].period_seconds));
        }
    db_queue(op, Q_SCHEDULE_KEEP, P_TEXTS(names, n));
    return ERR_OK;
}

enum err jobs_sync(struct op *op)
{
    return db_tx(op, sync_schedules, NULL);
}

static bool refuses(struct job_place w, enum job_lane lane)
{
    bool sms = lane == LANE_CODE || lane == LANE_SMS, mail = lane == LANE_MAIL;
    if (w.of < 2 || w.rank > 1)
        return false;
    return w.rank == 0 ? lane == LANE_BANK || mail : sms || (mail && w.of > 2);
}

static enum err take(struct op *op, struct job_place place, struct job *job, bool *found)
{
    struct rows r;
    const char *first[KINDS_MAX], *refused[KINDS_MAX];
    size_t firsts = 0, refusals = 0;
    for (unsigned i = 0; i < job_kind_count; i++) {
        if (refuses(place, job_kinds[i].lane))
            refused[refusals++] = job_kinds[i].name;
        else if (job_kinds[i].lane == LANE_CODE)
            first[firsts++] = job_kinds[i].name;
    }
    TRY(db_query(op, &r, Q_JOB_TAKE, P_INT(JOB_LOCK_SECONDS), P_TEXTS(first, firsts), P_TEXTS(refused, refusals)));
    *found = r.count == 1;
    if (!*found)
        return ERR_OK;
    *job = (struct job){ .id = row_int(&r, 0, "id"), .attempt = row_int(&r, 0, "attempt"), .kind = row_text(&r, 0, "kind"),
        .payload = row_text(&r, 0, "payload"), .request_id = row_text(&r, 0, "request_id") };
    return ERR_OK;
}

static int64_t pause_after(const struct job_kind *k, int64_t attempt)
{
    int64_t seconds = k->backoff_seconds;
    for (int64_t i = 1; i < attempt && seconds < JOB_BACKOFF_MAX; i++)
        seconds *= 2;
    return seconds < JOB_BACKOFF_MAX ? seconds : JOB_BACKOFF_MAX;
}

static enum err fail(struct op *op, const struct job *job, const struct job_kind *k, enum err e)
{
    const char *why = op->err->internal ? op->err->internal : err_slug(e);
    bool dead = !k || job->attempt >= k->attempts;
    unsigned label = k ? (unsigned)(k - job_kinds) : 255;
    why = arena_strdup(op->arena, why);
    log_event(dead ? LOG_ERROR : LOG_WARNING, dead ? "job is dead" : "job failed", LOG_S("kind", job->kind),
              LOG_I("job", job->id), LOG_I("attempt", job->attempt), LOG_S("error", why), LOG_S("request_id", job->request_id));
    metrics_add(dead ? METRIC_JOBS_DEAD : METRIC_JOBS_FAILED, label, 1);
    err_clear(op);
    if (dead)
        return db_exec(op, Q_JOB_DEAD, P_INT(job->id), P_INT(job->attempt), P_TEXT(why));
    return db_exec(op, Q_JOB_RETRY, P_INT(job->id), P_INT(job->attempt), P_TEXT(why), P_INT(pause_after(k, job->attempt)));
}

/* Where a test may hold the work of a lane, as a provider that hangs does. */
static const char *const lane_points[] = { [LANE_OWN] = "job_own", [LANE_CODE] = "job_code", [LANE_SMS] = "job_sms",
                                           [LANE_MAIL] = "job_mail", [LANE_BANK] = "job_bank" };

static void (*announce)(int kind, const char *request_id);

void jobs_announce(void (*begun)(int kind, const char *request_id))
{
    announce = begun;
}

static enum err run(struct op *op, const struct job *job)
{
    const char *error = NULL;
    int kind = kind_index(job->kind);
    const struct job_kind *k = kind < 0 ? NULL : &job_kinds[kind];
    op->actor = (struct actor){ .kind = ACTOR_SYSTEM, .name = job->kind };
    op->request_id = job->request_id ? job->request_id : arena_printf(op->arena, "job-%lld", (long long)job->id);
    if (announce)
        announce(kind, op->request_id);
    test_operation(k ? k->name : NULL);
    struct view *payload = view_parse(op->arena, str_of(job->payload), 16, &error);
    if (payload && view_kind(payload) == VIEW_OBJECT)
        view_int(payload, "job_id", job->id); /* for calls that take an id against duplicates */
    enum err e;
    test_point(k ? lane_points[k->lane] : "job_taken");
    if (k && job->attempt > k->attempts) /* it never came to an end: it must not kill workers for ever */
        e = err_internal(op, ERR_INTERNAL, "its worker vanished each time");
    else
        e = k ? k->run(op, payload) : err_internal(op, ERR_INTERNAL, "no such kind of job");
    test_point("job_worked");
    if (e)
        return fail(op, job, k, e);
    metrics_add(METRIC_JOBS_DONE, (unsigned)kind, 1);
    return db_exec(op, Q_JOB_DONE, P_INT(job->id), P_INT(job->attempt));
}

enum err jobs_round(struct op *op, struct job_place place, bool *worked)
{
    struct job job = { 0 };
    *worked = false;
    TRY(db_exec(op, Q_SCHEDULE_FIRE));
    TRY(take(op, place, &job, worked));
    return *worked ? run(op, &job) : ERR_OK;
}
