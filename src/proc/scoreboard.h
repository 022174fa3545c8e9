/* The scoreboard: one cache-line-aligned slot per worker in shared memory, made by the master
 * before forking. A worker writes only its own slot; the master and the metrics page read all. It
 * is how the master names the route that a dead worker was serving, kills a request that runs too
 * long, and how order workers of one replica know how many already wait for a variant. What a
 * worker wrote may be nonsense when it crashed: readers check ranges. Master and workers. */
#ifndef PROC_SCOREBOARD_H
#define PROC_SCOREBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/breaker.h"

#define SCOREBOARD_WAITS_MAX 64

enum slot_state { SLOT_EMPTY, SLOT_STARTING, SLOT_IDLE, SLOT_BUSY, SLOT_DRAINING };

struct scoreboard_entry { /* a copy for reading */
    pid_t pid;
    enum slot_state state; /* DRAINING: told to end and not busy */
    int service;
    unsigned generation;
    uint64_t requests;
    int route;          /* id of the work in hand (route or job kind), -1: none */
    int64_t since_us;   /* monotonic, when state last changed */
    char request_id[65];
    char last_words[200]; /* text of a failed assertion */
};

/* Master: maps the area for n slots, the metrics blocks (one a slot, one more for the master) and
 * the ring of spans; returns false with errno. */
bool scoreboard_create(size_t slots);
size_t scoreboard_slots(void); /* 0: no scoreboard */
/* Master, before the fork: the slot is STARTING. pid 0: the worker enters its own. */
void scoreboard_assign(size_t slot, pid_t pid, int service, unsigned generation);
void scoreboard_drain(size_t slot); /* master: told to end */
void scoreboard_clear(size_t slot); /* master, after reaping */
void scoreboard_read(size_t slot, struct scoreboard_entry *out);
/* Which worker of its service a slot holds: how many not draining ones stand before it. */
int scoreboard_rank(size_t slot);
const char *slot_state_name(enum slot_state state); /* "empty" … "draining" */

/* Worker. */
void scoreboard_use(size_t slot);
void scoreboard_idle(void); /* the first call says that the worker is ready */
/* Again while busy: names the same work better (its route), without counting it twice. */
void scoreboard_busy(int route, const char *request_id);
void scoreboard_last_words(const char *text); /* async-signal-safe; the first text stays */

/* Log rotation: the master asks, every worker reopens before its next piece of work. */
void scoreboard_ask_reopen(void);

/* Waiting room of a replica. enter counts, over all slots, how many wait for each of the variants;
 * when every count is below `max` it notes the variants in the own slot and returns true; otherwise
 * false at once. max 0 or no scoreboard (tests, commands): always true. Variants beyond
 * SCOREBOARD_WAITS_MAX are not counted. */
bool scoreboard_wait_enter(const int64_t *variants, size_t n, int max);
void scoreboard_wait_leave(void);

/* Circuit breakers of outgoing calls, shared by all workers of a host: an array of
 * SCOREBOARD_BREAKERS, one per index (net_breakers). */
#define SCOREBOARD_BREAKERS 64
struct breaker_state *scoreboard_breaker(size_t index); /* process-local when there is no board */

#endif
