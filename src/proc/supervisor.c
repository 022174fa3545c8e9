/* The master's loop: signals, the generations of workers, the process id file. */
#define _GNU_SOURCE 1 /* ppoll */
#include "proc/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "proc/crew.h"
#include "proc/deaths.h"
#include "proc/scoreboard.h"

#define SECOND_US INT64_C(1000000)
#define SPARE_SLOTS 4
#define QUEUE_LOOK_US (SECOND_US / 50)

enum order { ORDER_END, ORDER_QUIT, ORDER_RELOAD, ORDER_REOPEN, ORDER_CHILD, ORDER_COUNT };

static volatile sig_atomic_t asked[ORDER_COUNT];

struct ending {
    int64_t since_us; /* 0: not ending */
    bool queued;      /* connections wait that will still be served */
};

static const struct {
    int sig;
    enum order order;
} orders[] = {
    { SIGTERM, ORDER_END },    { SIGINT, ORDER_END },     { SIGQUIT, ORDER_QUIT },
    { SIGHUP, ORDER_RELOAD },  { SIGUSR1, ORDER_REOPEN }, { SIGCHLD, ORDER_CHILD },
};
#define ORDERS (sizeof(orders) / sizeof(orders[0]))

static void note(int sig)
{
    for (size_t i = 0; i < ORDERS; i++)
        if (orders[i].sig == sig)
            asked[orders[i].order] = 1;
}

static bool take(enum order order)
{
    bool was = asked[order];
    asked[order] = 0;
    return was;
}

/* Signals are delivered only while the loop sleeps, with the mask that was found. */
static void block_signals(sigset_t *before)
{
    sigset_t ours;
    struct sigaction sa = { .sa_handler = note };
    sigemptyset(&sa.sa_mask);
    sigemptyset(&ours);
    for (size_t i = 0; i < ORDERS; i++)
        sigaddset(&ours, orders[i].sig);
    sigprocmask(SIG_BLOCK, &ours, before);
    for (size_t i = 0; i < ORDERS; i++) {
        sigdelset(before, orders[i].sig);
        sigaction(orders[i].sig, &sa, NULL);
        asked[orders[i].order] = 0;
    }
    signal(SIGPIPE, SIG_IGN);
}

/* Written beside and renamed, so that a reader never sees half a number. */
static bool pid_file_write(struct arena *a, const char *path)
{
    if (!path)
        return true;
    const char *fresh = arena_printf(a, "%s.%d", path, (int)getpid());
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool written = fd >= 0 && dprintf(fd, "%d\n", (int)getpid()) > 0;
    if (fd >= 0)
        close(fd);
    if (written && rename(fresh, path) == 0)
        return true;
    log_event(LOG_ERROR, "process id file cannot be written", LOG_S("file", path),
              LOG_S("reason", strerror(errno)));
    unlink(fresh);
    return false;
}

/* Leaves the file of a successor that has taken the name meanwhile. */
static void pid_file_remove(const char *path)
{
    char text[32] = "";
    char mine[32];
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    snprintf(mine, sizeof(mine), "%d\n", (int)getpid());
    if (read(fd, text, sizeof(text) - 1) > 0 && strcmp(text, mine) == 0)
        unlink(path);
    close(fd);
}

static size_t slots_for(const struct supervisor *s)
{
    size_t workers = 0;
    for (size_t i = 0; i < s->count; i++)
        workers += (size_t)s->services[i].count;
    return 2 * workers + SPARE_SLOTS;
}

/* Without its file nobody finds the socket any more, and nginx asks another replica; what is queued
 * stays. A TCP socket has no such way. */
static void hide_listener(int fd)
{
    struct sockaddr_un name = { 0 };
    socklen_t size = sizeof(name) - 1; /* the path ends with NUL */
    if (fd >= 0 && getsockname(fd, (struct sockaddr *)&name, &size) == 0 &&
        name.sun_family == AF_UNIX && name.sun_path[0] == '/')
        unlink(name.sun_path);
}

static bool has_queue(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    return fd >= 0 && poll(&p, 1, 0) > 0 && (p.revents & POLLIN);
}

static void begin_end(struct ending *e, const struct crew *c, int64_t now)
{
    e->since_us = now;
    log_event(LOG_INFO, "ending", LOG_I("workers", (int64_t)crew_alive(c)));
    for (size_t i = 0; i < c->s->count; i++)
        hide_listener(c->s->services[i].listen_fd);
}

/* Workers are told to end once their queue is served, or a part of the time has gone. */
static void go_on_ending(struct ending *e, struct crew *c, int64_t now)
{
    bool late = now - e->since_us > c->s->drain_seconds * SECOND_US / 4;
    e->queued = false;
    for (size_t i = 0; i < c->s->count; i++)
        if (!late && has_queue(c->s->services[i].listen_fd))
            e->queued = true;
        else
            crew_drain(c, i, now, e->since_us);
}

/* Whoever waited behind an open breaker may have been given another address. */
static void reset_breakers(void)
{
    for (size_t i = 0; i < SCOREBOARD_BREAKERS; i++) {
        struct breaker_state *b = scoreboard_breaker(i);
        b->open_until_us = 0;
        b->failures = 0;
        b->probing = 0;
    }
}

static void begin_generation(struct crew *c)
{
    if (!c->s->reload || !c->s->reload(c->s, c->s->arg))
        return;
    reset_breakers();
    c->generation++;
    memset(c->throttle, 0, c->s->count * sizeof(*c->throttle));
    log_event(LOG_INFO, "reloaded", LOG_I("generation", c->generation));
}

static void publish_breakers(void)
{
    for (unsigned i = 0; i < SCOREBOARD_BREAKERS; i++)
        metrics_set(METRIC_BREAKER_OPEN, i, scoreboard_breaker(i)->open_until_us != 0);
}

static void sleep_until_asked(const struct crew *c, const struct ending *e,
                              const sigset_t *unblocked)
{
    int64_t us = crew_next(c, clock_monotonic_us());
    if (e->queued && us > QUEUE_LOOK_US)
        us = QUEUE_LOOK_US;
    struct timespec t = { .tv_sec = us / SECOND_US, .tv_nsec = us % SECOND_US * 1000 };
    ppoll(NULL, 0, &t, unblocked);
}

static void obey(struct crew *c, struct ending *e, int64_t now)
{
    if (take(ORDER_REOPEN)) {
        log_reopen();
        scoreboard_ask_reopen();
    }
    if (take(ORDER_END) && !e->since_us)
        begin_end(e, c, now);
    if (take(ORDER_RELOAD) && !e->since_us)
        begin_generation(c);
    if (take(ORDER_QUIT)) {
        e->since_us = now;
        crew_kill(c);
    }
}

static void serve(struct crew *c, const sigset_t *unblocked)
{
    struct ending e = { 0 };
    while (!e.since_us || crew_alive(c) > 0) {
        int64_t now = clock_monotonic_us();
        take(ORDER_CHILD);
        crew_reap(c, now);
        obey(c, &e, now);
        if (e.since_us) {
            go_on_ending(&e, c, now);
        } else {
            crew_fill(c, now);
            crew_retire(c, now);
        }
        crew_press(c, now);
        crew_watch(c, now);
        publish_breakers();
        if (!e.since_us || crew_alive(c) > 0)
            sleep_until_asked(c, &e, unblocked);
    }
}

int supervisor_run(struct supervisor *s)
{
    struct arena *a = arena_create("master");
    struct crew crew;
    sigset_t unblocked;
    size_t slots = slots_for(s);
    log_process("master", 0);
    if (!scoreboard_create(slots) || !deaths_create()) {
        log_event(LOG_ERROR, "shared memory cannot be had", LOG_S("reason", strerror(errno)));
        return 1;
    }
    if (!pid_file_write(a, s->pid_file))
        return 1;
    block_signals(&unblocked);
    crew_init(&crew, s, a, slots);
    log_event(LOG_INFO, "serving", LOG_I("pid", getpid()), LOG_I("slots", (int64_t)slots));
    serve(&crew, &unblocked);
    pid_file_remove(s->pid_file);
    log_event(LOG_INFO, "ended", LOG_I("pid", getpid()));
    arena_destroy(a);
    return 0;
}
