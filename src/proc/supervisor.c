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

enum order { ORDER_END, ORDER_QUIT, ORDER_RELOAD, ORDER_REOPEN, ORDER_CHILD, ORDER_COUNT };

static volatile sig_atomic_t asked[ORDER_COUNT];

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

/* New connections are refused from here on, the queued ones can still be accepted. Unix sockets
 * only: the same call makes a TCP socket drop its queue. */
static bool shut_listener(int fd)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof(name);
    if (fd < 0 || getsockname(fd, (struct sockaddr *)&name, &size) != 0)
        return false;
    return name.ss_family == AF_UNIX && shutdown(fd, SHUT_RD) == 0;
}

static void begin_end(struct crew *c, int64_t now)
{
    bool shut = true;
    int64_t grace = c->s->drain_seconds * SECOND_US / 4;
    for (size_t i = 0; i < c->s->count; i++) {
        int fd = c->s->services[i].listen_fd;
        if (fd >= 0 && !shut_listener(fd))
            shut = false;
    }
    log_event(LOG_INFO, "ending", LOG_I("workers", (int64_t)crew_alive(c)));
    crew_drain(c, now, shut ? grace : 0);
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

static void sleep_until_asked(const struct crew *c, const sigset_t *unblocked)
{
    int64_t us = crew_next(c, clock_monotonic_us());
    struct timespec t = { .tv_sec = us / SECOND_US, .tv_nsec = us % SECOND_US * 1000 };
    ppoll(NULL, 0, &t, unblocked);
}

static void serve(struct crew *c, const sigset_t *unblocked)
{
    bool ending = false;
    do {
        int64_t now = clock_monotonic_us();
        take(ORDER_CHILD);
        crew_reap(c, now);
        if (take(ORDER_QUIT)) {
            ending = true;
            crew_kill(c);
        }
        if (take(ORDER_END) && !ending) {
            ending = true;
            begin_end(c, now);
        }
        if (take(ORDER_REOPEN)) {
            log_reopen();
            scoreboard_ask_reopen();
        }
        if (take(ORDER_RELOAD) && !ending)
            begin_generation(c);
        if (!ending) {
            crew_fill(c, now);
            crew_retire(c, now);
        }
        crew_press(c, now);
        crew_watch(c, now);
        publish_breakers();
        if (!ending || crew_alive(c) > 0)
            sleep_until_asked(c, unblocked);
    } while (!ending || crew_alive(c) > 0);
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
