/* A toy shop for the supervisor's tests: services that answer a one-letter command per connection
 * of a unix socket, a supervisor in a forked child, and waiting for conditions. */
#ifndef T_UNIT_PROC_TOY_H
#define T_UNIT_PROC_TOY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TOY_STARTS_MAX 64

/* Shared by the test, the master and its workers. */
struct toy_shared {
    _Atomic bool open_gate;   /* lets held requests finish */
    _Atomic bool broken;      /* workers that start now die at once */
    _Atomic int web_count;    /* what a reload sets; 0: the reload fails */
    _Atomic int reloads;      /* tried so far */
    _Atomic int starts;       /* of the crashing service */
    _Atomic int64_t started_us[TOY_STARTS_MAX];
};
extern struct toy_shared *toy;

struct toy_options {
    int web;      /* workers of the listening service */
    int crashing; /* workers of a service that exits with 3 at once */
    int watchdog_seconds;
};

/* Starts a supervisor; its log, socket and pid file are in a fresh folder. Returns its pid. */
pid_t toy_start(const struct toy_options *options);
/* Waits for its end; the exit status, or minus the signal. Removes the folder. */
int toy_end(pid_t master);
const char *toy_path(const char *name); /* in the folder; valid until the next call */

/* Commands: 'p' answers "pid generation"; 'h' answers so, then waits for the gate and answers
 * "done"; 's' never ends; 'a' fails an assertion; 'l' writes a log line. -1 when the connection is
 * refused. */
int toy_call(char command);
/* Reads a line of the answer, without its end; "" at the end. */
const char *toy_answer(int fd);
bool toy_ask(pid_t *pid, unsigned *generation); /* a whole 'p' call */

/* All lines of the log so far that contain the text, newest last; NULL: none. */
const char *toy_log(const char *text);
/* Repeats cond until it holds; false after half a minute. */
#define wait_for(cond)                       \
    ({                                       \
        int tries_ = 3000;                   \
        while (!(cond) && --tries_)          \
            clock_sleep_ms(10);              \
        tries_ > 0;                          \
    })

#endif
