/* The master: opens nothing of the shop, only sockets; forks a table of services and supervises
 * them. Signals: TERM/INT drain and end; QUIT ends at once; HUP starts a new generation, then
 * drains the old one; USR1 reopens the log. Dead workers are replaced, slower and slower when they
 * die young (doubling delay, capped), and their last route is logged. Master process.
 *
 * A worker is ready when it has called scoreboard_idle() once, or after five seconds. Old workers
 * go on until the new ones of their service are ready: a configuration that cannot start refuses
 * nobody. At the end the files of the listening unix sockets are removed first (nginx then asks
 * another replica), what is queued is served, and TERM follows: nobody else need remove them. */
#ifndef PROC_SUPERVISOR_H
#define PROC_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>

#include "proc/worker.h"

struct service {
    const char *name;      /* "web", "order", "pay", "job" */
    int count;             /* workers */
    int listen_fd;         /* inherited; -1: none */
    /* Runs in the child; never returns normally: its value is the exit status. 0 means "replace me"
     * (recycled), anything else counts as a death. */
    int (*run)(const struct service *self, size_t slot, void *arg);
    int watchdog_seconds;  /* a slot BUSY longer than this is killed; 0: never */
};

struct supervisor {
    struct service *services;
    size_t count;
    int drain_seconds;
    const char *pid_file; /* NULL: none */
    /* Name of a route or job kind for the log, given by whoever knows. `route` is what the dead
     * worker left and may be out of range: then NULL. */
    const char *(*work_name)(int service, int route);
    /* HUP: re-read the configuration; returns false (and has logged why) to stay as it is. May
     * change counts; workers beyond the slots made at start (twice the first counts) wait for a
     * free one. NULL: not supported. */
    bool (*reload)(struct supervisor *self, void *arg);
    void *arg;
};

/* Makes the scoreboard and the metrics blocks, then serves until told to end. Returns the exit
 * status of the program; never returns in a child. */
int supervisor_run(struct supervisor *s);

#endif
