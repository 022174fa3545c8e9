/* The child's side of the fork: signals, descriptors, name, and the order to end. */
#define _GNU_SOURCE 1 /* ppoll */
#include "proc/worker.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "proc/scoreboard.h"
#include "proc/supervisor.h"

static volatile sig_atomic_t stop_asked;
static void (*volatile on_stop)(void);
static timer_t repeat;
static bool repeat_made;
static pid_t master;

static void handle_term(int sig)
{
    (void)sig;
    const struct itimerspec every_second = { .it_interval = { 1, 0 }, .it_value = { 1, 0 } };
    if (!stop_asked && repeat_made)
        timer_settime(repeat, 0, &every_second, NULL);
    stop_asked = 1;
    if (on_stop)
        on_stop();
}

static void handle_nothing(int sig)
{
    (void)sig;
}

static void set_handler(int sig, void (*handler)(int), int flags)
{
    struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };
    sigemptyset(&sa.sa_mask);
    sigaction(sig, &sa, NULL);
}

/* TERM without SA_RESTART, so that it ends a blocking accept. HUP and USR1 are the master's; a
 * handler rather than SIG_IGN keeps libfcgi from taking USR1 for an order to end. A keyboard's INT
 * and QUIT reach the whole group: the master decides. */
static void take_signals(void)
{
    set_handler(SIGTERM, handle_term, 0);
    set_handler(SIGHUP, handle_nothing, SA_RESTART);
    set_handler(SIGUSR1, handle_nothing, SA_RESTART);
    set_handler(SIGINT, SIG_IGN, 0);
    set_handler(SIGQUIT, SIG_IGN, 0);
    set_handler(SIGPIPE, SIG_IGN, 0);
    set_handler(SIGCHLD, SIG_DFL, 0);
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM };
    repeat_made = timer_create(CLOCK_MONOTONIC, &event, &repeat) == 0;
    last_words_install();
}

/* The fork may have come after the master's death: then nobody sends the signal. */
static void end_with_master(void)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != master)
        raise(SIGTERM); /* pending until unblocked */
}

static void close_others(const struct supervisor *s, const struct service *own)
{
    for (size_t i = 0; i < s->count; i++) {
        int fd = s->services[i].listen_fd;
        if (fd >= 0 && fd != own->listen_fd)
            close(fd);
    }
}

void worker_run(const struct supervisor *s, size_t index, size_t slot, int master_pid)
{
    const struct service *own = &s->services[index];
    char name[16];
    master = master_pid;
    stop_asked = 0;
    snprintf(name, sizeof(name), "tarazu:%s", own->name);
    prctl(PR_SET_NAME, name);
    take_signals();
    end_with_master();
    close_others(s, own);
    log_process(own->name, (int)slot);
    scoreboard_use(slot);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    _exit(own->run(own, slot, s->arg));
}

bool worker_should_stop(void)
{
    return stop_asked || (master && getppid() != master);
}

void worker_sleep(int ms)
{
    sigset_t term, before;
    struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &before);
    if (!worker_should_stop())
        ppoll(NULL, 0, &t, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void worker_on_stop(void (*fn)(void))
{
    on_stop = fn;
    if (fn && stop_asked)
        fn();
}
