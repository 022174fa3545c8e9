/* Children of the master, from fork to funeral. */
#include "proc/crew.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/log.h"
#include "proc/deaths.h"
#include "proc/scoreboard.h"
#include "proc/supervisor.h"

#define SECOND_US INT64_C(1000000)
#define READY_AFTER_US (5 * SECOND_US) /* for workers that do not say so themselves */

void crew_init(struct crew *c, struct supervisor *s, struct arena *a, size_t slots)
{
    c->s = s;
    c->slots = slots;
    c->child = arena_array(a, struct child, slots);
    c->throttle = arena_array(a, struct throttle, s->count);
    c->generation = 1;
}

size_t crew_alive(const struct crew *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->slots; i++)
        n += c->child[i].pid != 0;
    return n;
}

/* --- starting ------------------------------------------------------------------------------- */

static bool is_present(const struct crew *c, size_t slot, size_t service)
{
    const struct child *w = &c->child[slot];
    return w->pid && w->service == service && w->generation == c->generation && !w->draining;
}

static int count_present(const struct crew *c, size_t service)
{
    int n = 0;
    for (size_t i = 0; i < c->slots; i++)
        n += is_present(c, i, service);
    return n;
}

static size_t free_slot(const struct crew *c)
{
    size_t i = 0;
    while (i < c->slots && c->child[i].pid)
        i++;
    return i;
}

static bool spawn(struct crew *c, size_t service, size_t slot, int64_t now)
{
    pid_t self = getpid();
    scoreboard_assign(slot, 0, (int)service, c->generation);
    pid_t pid = fork();
    if (pid == 0)
        worker_run(c->s, service, slot, self);
    if (pid < 0) {
        log_event(LOG_ERROR, "worker cannot be started",
                  LOG_S("pool", c->s->services[service].name), LOG_S("reason", strerror(errno)));
        scoreboard_clear(slot);
        throttle_death(&c->throttle[service], now, now);
        return false;
    }
    c->child[slot] = (struct child){ .pid = pid,
                                     .service = service,
                                     .generation = c->generation,
                                     .started_us = now };
    return true;
}

static void fill_service(struct crew *c, size_t service, int64_t now)
{
    int missing = c->s->services[service].count - count_present(c, service);
    while (missing-- > 0 && throttle_wait(&c->throttle[service], now) == 0) {
        size_t slot = free_slot(c);
        if (slot == c->slots || !spawn(c, service, slot, now))
            return;
    }
}

void crew_fill(struct crew *c, int64_t now)
{
    for (size_t i = 0; i < c->s->count; i++)
        fill_service(c, i, now);
}

/* --- funerals ------------------------------------------------------------------------------- */

static const char *work_of(const struct crew *c, const struct child *w,
                           const struct scoreboard_entry *e)
{
    if (e->state == SLOT_STARTING)
        return "starting";
    if (e->state != SLOT_BUSY)
        return "idle";
    const char *name = NULL;
    if (e->route >= 0 && c->s->work_name)
        name = c->s->work_name((int)w->service, e->route);
    return name ? name : "none";
}

static const char *reason_of(const struct child *w, int status)
{
    if (w->stuck)
        return "watchdog";
    if (w->killed)
        return "drain took too long";
    return WIFSIGNALED(status) ? "signal" : "exit";
}

/* The line carries the name of the one who died, not the master's. */
static void report(const struct crew *c, size_t slot, int status, int64_t now,
                   const struct scoreboard_entry *e)
{
    const struct child *w = &c->child[slot];
    const char *work = work_of(c, w, e);
    log_process(c->s->services[w->service].name, (int)slot);
    log_event(LOG_ERROR, "worker died", LOG_I("pid", w->pid), LOG_S("reason", reason_of(w, status)),
              LOG_I("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
              LOG_I("exit", WIFEXITED(status) ? WEXITSTATUS(status) : 0), LOG_S("route", work),
              LOG_S("request_id", e->request_id), LOG_S("last_words", e->last_words),
              LOG_I("requests", (int64_t)e->requests),
              LOG_I("lived_ms", (now - w->started_us) / 1000));
    log_process("master", 0);
    deaths_count(work);
}

static void bury(struct crew *c, size_t slot, int status, int64_t now)
{
    struct child *w = &c->child[slot];
    struct scoreboard_entry e;
    scoreboard_read(slot, &e);
    bool recycled = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!recycled)
        report(c, slot, status, now, &e);
    if (!w->draining && !(recycled && e.requests > 0))
        throttle_death(&c->throttle[w->service], w->started_us, now);
    scoreboard_clear(slot);
    *w = (struct child){ 0 };
}

void crew_reap(struct crew *c, int64_t now)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < c->slots; i++)
            if (c->child[i].pid == pid)
                bury(c, i, status, now);
}

/* --- ending --------------------------------------------------------------------------------- */

static void tell_to_end(struct crew *c, size_t slot, int64_t now, int64_t since_us)
{
    struct child *w = &c->child[slot];
    if (!w->pid || w->draining)
        return;
    w->draining = true;
    w->drained_us = since_us;
    w->term_us = now;
    scoreboard_drain(slot);
}

static bool is_ready(const struct crew *c, size_t slot, int64_t now)
{
    struct scoreboard_entry e;
    scoreboard_read(slot, &e);
    return e.state == SLOT_IDLE || e.state == SLOT_BUSY ||
           now - c->child[slot].started_us >= READY_AFTER_US;
}

static int count_ready(const struct crew *c, size_t service, int64_t now)
{
    int n = 0;
    for (size_t i = 0; i < c->slots; i++)
        n += is_present(c, i, service) && is_ready(c, i, now);
    return n;
}

static bool has_old(const struct crew *c, size_t service)
{
    for (size_t i = 0; i < c->slots; i++) {
        const struct child *w = &c->child[i];
        if (w->pid && w->service == service && w->generation != c->generation && !w->draining)
            return true;
    }
    return false;
}

void crew_retire(struct crew *c, int64_t now)
{
    for (size_t i = 0; i < c->s->count; i++) {
        if (!has_old(c, i) || count_ready(c, i, now) < c->s->services[i].count)
            continue;
        for (size_t k = 0; k < c->slots; k++)
            if (c->child[k].service == i && c->child[k].generation != c->generation)
                tell_to_end(c, k, now, now);
    }
}

void crew_drain(struct crew *c, size_t service, int64_t now, int64_t since_us)
{
    for (size_t i = 0; i < c->slots; i++)
        if (c->child[i].service == service)
            tell_to_end(c, i, now, since_us);
}

void crew_press(struct crew *c, int64_t now)
{
    for (size_t i = 0; i < c->slots; i++) {
        struct child *w = &c->child[i];
        if (!w->pid || !w->draining)
            continue;
        if (now - w->drained_us >= c->s->drain_seconds * SECOND_US) {
            w->killed = true;
            kill(w->pid, SIGKILL);
        } else if (now >= w->term_us) {
            w->term_us = now + SECOND_US;
            kill(w->pid, SIGTERM);
        }
    }
}

void crew_watch(struct crew *c, int64_t now)
{
    for (size_t i = 0; i < c->slots; i++) {
        struct child *w = &c->child[i];
        int limit = w->pid ? c->s->services[w->service].watchdog_seconds : 0;
        struct scoreboard_entry e;
        if (limit <= 0)
            continue;
        scoreboard_read(i, &e);
        if (e.state == SLOT_BUSY && now - e.since_us >= limit * SECOND_US) {
            w->stuck = true;
            kill(w->pid, SIGKILL);
        }
    }
}

void crew_kill(struct crew *c)
{
    for (size_t i = 0; i < c->slots; i++)
        if (c->child[i].pid)
            kill(c->child[i].pid, SIGKILL);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t crew_next(const struct crew *c, int64_t now)
{
    int64_t next = SECOND_US;
    for (size_t i = 0; i < c->s->count; i++) {
        int64_t wait = throttle_wait(&c->throttle[i], now);
        if (wait > 0)
            next = sooner(next, wait);
        if (has_old(c, i))
            next = sooner(next, SECOND_US / 20); /* readiness is not signalled: look often */
    }
    for (size_t i = 0; i < c->slots; i++)
        if (c->child[i].pid && c->child[i].draining)
            next = sooner(next, c->child[i].term_us - now);
    return next > 0 ? next : 0;
}
