/* The master's table of children: start, reap, drain and kill. One row a slot of the scoreboard.
 * All times are microseconds of the monotonic clock. Master process. */
#ifndef PROC_CREW_H
#define PROC_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proc/throttle.h"

struct arena;
struct supervisor;

struct child {
    pid_t pid; /* 0: the slot is free */
    size_t service;
    unsigned generation;
    int64_t started_us;
    bool draining;
    int64_t drained_us; /* from when drain_seconds count */
    int64_t term_us;    /* when the next TERM is due */
    bool stuck;         /* killed by the watchdog */
    bool killed;        /* KILL was sent because the drain took too long */
};

struct crew {
    struct supervisor *s;
    struct child *child;
    size_t slots;
    struct throttle *throttle; /* by service */
    unsigned generation;
};

void crew_init(struct crew *c, struct supervisor *s, struct arena *a, size_t slots);
size_t crew_alive(const struct crew *c);
/* Starts what the present generation lacks, as far as throttle and free slots allow. */
void crew_fill(struct crew *c, int64_t now);
/* Takes in the dead, logs and counts those that did not end as they should. */
void crew_reap(struct crew *c, int64_t now);
/* Tells older generations to end where the present one is complete and ready. */
void crew_retire(struct crew *c, int64_t now);
/* Tells the workers of a service to end; drain_seconds count from since_us. */
void crew_drain(struct crew *c, size_t service, int64_t now, int64_t since_us);
/* Repeats TERM every second, KILL after drain_seconds. */
void crew_press(struct crew *c, int64_t now);
/* Kills what is busy for longer than its service allows. */
void crew_watch(struct crew *c, int64_t now);
void crew_kill(struct crew *c);
/* How long the master may sleep when no signal comes. */
int64_t crew_next(const struct crew *c, int64_t now);

#endif
