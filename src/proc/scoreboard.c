/* Worker slots, waiting room, breakers, metrics blocks and spans in memory shared by master and
 * workers. */
#include "proc/scoreboard.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/spans.h"

#define CACHE_LINE 64
#define ID_MAX 64
#define ID_WORDS (ID_MAX / 8 + 1) /* and its NUL */
#define WORDS_MAX sizeof(((struct scoreboard_entry *)0)->last_words)
#define READ_TRIES 1000 /* a worker killed while writing leaves its sequence odd for good */

/* Written by one process at a time: the master while no worker runs in it, else the worker. `seq`
 * is odd during a change, so that a reader can tell a torn copy. */
struct slot {
    alignas(CACHE_LINE) _Atomic uint32_t seq;
    _Atomic int pid;
    _Atomic int state;
    _Atomic int service;
    _Atomic unsigned generation;
    _Atomic int route;
    _Atomic bool draining; /* the master's, outside seq */
    _Atomic uint64_t requests;
    _Atomic int64_t since_us;
    _Atomic uint64_t id[ID_WORDS];
    _Atomic uint32_t words_n;
    _Atomic char words[WORDS_MAX];
    alignas(CACHE_LINE) _Atomic uint32_t waits_n;
    _Atomic int64_t waits[SCOREBOARD_WAITS_MAX];
};

struct board {
    pthread_mutex_t waiting_room; /* robust: survives the kill of its holder */
    _Atomic unsigned log_epoch;
    alignas(CACHE_LINE) struct breaker_state breakers[SCOREBOARD_BREAKERS];
    size_t slots;
    struct slot slot[];
};

static struct board *board;
static struct slot *own;
static unsigned log_epoch_seen;
static struct breaker_state local_breakers[SCOREBOARD_BREAKERS];

static void *map_shared(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static bool init_mutex(pthread_mutex_t *m)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    errno = pthread_mutex_init(m, &attr);
    pthread_mutexattr_destroy(&attr);
    return errno == 0;
}

static void begin(struct slot *s)
{
    atomic_fetch_or_explicit(&s->seq, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
}

static void end(struct slot *s)
{
    atomic_fetch_add_explicit(&s->seq, 1, memory_order_release);
}

static void put_id(struct slot *s, const char *id)
{
    uint64_t words[ID_WORDS] = { 0 };
    if (id)
        memcpy(words, id, strnlen(id, ID_MAX));
    for (size_t i = 0; i < ID_WORDS; i++)
        atomic_store_explicit(&s->id[i], words[i], memory_order_relaxed);
}

/* True when the state has changed. */
static bool put_state(struct slot *s, enum slot_state state, int route, const char *id)
{
    int before = atomic_exchange_explicit(&s->state, (int)state, memory_order_relaxed);
    atomic_store_explicit(&s->route, route, memory_order_relaxed);
    put_id(s, id);
    if (before != (int)state)
        atomic_store_explicit(&s->since_us, clock_monotonic_us(), memory_order_relaxed);
    return before != (int)state;
}

static void put_owner(struct slot *s, pid_t pid, int service, unsigned generation)
{
    atomic_store_explicit(&s->pid, (int)pid, memory_order_relaxed);
    atomic_store_explicit(&s->service, service, memory_order_relaxed);
    atomic_store_explicit(&s->generation, generation, memory_order_relaxed);
    atomic_store_explicit(&s->requests, 0, memory_order_relaxed);
    atomic_store_explicit(&s->draining, false, memory_order_relaxed);
    atomic_store_explicit(&s->waits_n, 0, memory_order_relaxed);
    atomic_store_explicit(&s->words_n, 0, memory_order_relaxed);
}

bool scoreboard_create(size_t slots)
{
    void *blocks = map_shared((slots + 1) * metrics_block_size());
    void *spans = map_shared(spans_area_size());
    struct board *b = map_shared(sizeof(*b) + slots * sizeof(struct slot));
    if (!blocks || !spans || !b || !init_mutex(&b->waiting_room) || !spans_attach(spans))
        return false;
    b->slots = slots;
    for (size_t i = 0; i < slots; i++)
        atomic_store_explicit(&b->slot[i].route, -1, memory_order_relaxed);
    board = b;
    own = NULL;
    metrics_attach(blocks, slots + 1);
    metrics_use_slot(slots);
    return true;
}

size_t scoreboard_slots(void)
{
    return board ? board->slots : 0;
}

void scoreboard_assign(size_t slot, pid_t pid, int service, unsigned generation)
{
    struct slot *s = &board->slot[slot];
    begin(s);
    put_owner(s, pid, service, generation);
    put_state(s, SLOT_STARTING, -1, NULL);
    end(s);
}

void scoreboard_drain(size_t slot)
{
    atomic_store_explicit(&board->slot[slot].draining, true, memory_order_relaxed);
}

void scoreboard_clear(size_t slot)
{
    struct slot *s = &board->slot[slot];
    begin(s);
    put_owner(s, 0, 0, 0);
    put_state(s, SLOT_EMPTY, -1, NULL);
    end(s);
}

static void copy_once(const struct slot *s, struct scoreboard_entry *out)
{
    uint64_t words[ID_WORDS];
    int state = atomic_load_explicit(&s->state, memory_order_relaxed);
    bool draining = atomic_load_explicit(&s->draining, memory_order_relaxed);
    if (state < SLOT_EMPTY || state > SLOT_BUSY)
        state = SLOT_EMPTY;
    if (draining && (state == SLOT_STARTING || state == SLOT_IDLE))
        state = SLOT_DRAINING;
    out->state = (enum slot_state)state;
    out->pid = atomic_load_explicit(&s->pid, memory_order_relaxed);
    out->service = atomic_load_explicit(&s->service, memory_order_relaxed);
    out->generation = atomic_load_explicit(&s->generation, memory_order_relaxed);
    out->requests = atomic_load_explicit(&s->requests, memory_order_relaxed);
    out->route = atomic_load_explicit(&s->route, memory_order_relaxed);
    out->since_us = atomic_load_explicit(&s->since_us, memory_order_relaxed);
    for (size_t i = 0; i < ID_WORDS; i++)
        words[i] = atomic_load_explicit(&s->id[i], memory_order_relaxed);
    memcpy(out->request_id, words, sizeof(out->request_id));
    out->request_id[sizeof(out->request_id) - 1] = '\0';
}

static void copy_words(const struct slot *s, struct scoreboard_entry *out)
{
    uint32_t n = atomic_load_explicit(&s->words_n, memory_order_acquire);
    if (n >= WORDS_MAX)
        n = WORDS_MAX - 1;
    for (uint32_t i = 0; i < n; i++)
        out->last_words[i] = atomic_load_explicit(&s->words[i], memory_order_relaxed);
    out->last_words[n] = '\0';
}

void scoreboard_read(size_t slot, struct scoreboard_entry *out)
{
    const struct slot *s = &board->slot[slot];
    for (int tries = 0; tries < READ_TRIES; tries++) {
        uint32_t before = atomic_load_explicit(&s->seq, memory_order_acquire);
        copy_once(s, out);
        atomic_thread_fence(memory_order_acquire);
        uint32_t after = atomic_load_explicit(&s->seq, memory_order_relaxed);
        if (before == after && !(before & 1))
            break;
    }
    copy_words(s, out);
}

int scoreboard_rank(size_t slot)
{
    int rank = 0, service = atomic_load_explicit(&board->slot[slot].service, memory_order_relaxed);
    for (size_t i = 0; i < slot; i++) {
        const struct slot *s = &board->slot[i];
        rank += atomic_load_explicit(&s->state, memory_order_relaxed) != SLOT_EMPTY &&
                atomic_load_explicit(&s->service, memory_order_relaxed) == service &&
                !atomic_load_explicit(&s->draining, memory_order_relaxed);
    }
    return rank;
}

const char *slot_state_name(enum slot_state state)
{
    static const char *const names[] = {
        [SLOT_EMPTY] = "empty", [SLOT_STARTING] = "starting", [SLOT_IDLE] = "idle",
        [SLOT_BUSY] = "busy",   [SLOT_DRAINING] = "draining",
    };
    return names[state];
}

void scoreboard_use(size_t slot)
{
    own = &board->slot[slot];
    log_epoch_seen = atomic_load_explicit(&board->log_epoch, memory_order_relaxed);
    atomic_store_explicit(&own->pid, (int)getpid(), memory_order_relaxed);
    metrics_use_slot(slot);
}

static void reopen_log_when_asked(void)
{
    unsigned epoch = atomic_load_explicit(&board->log_epoch, memory_order_relaxed);
    if (epoch == log_epoch_seen)
        return;
    log_epoch_seen = epoch;
    log_reopen();
}

void scoreboard_idle(void)
{
    if (!own)
        return;
    begin(own);
    put_state(own, SLOT_IDLE, -1, NULL);
    end(own);
    reopen_log_when_asked();
}

void scoreboard_busy(int route, const char *request_id)
{
    if (!own)
        return;
    begin(own);
    if (put_state(own, SLOT_BUSY, route, request_id))
        atomic_fetch_add_explicit(&own->requests, 1, memory_order_relaxed);
    end(own);
    reopen_log_when_asked();
}

void scoreboard_last_words(const char *text)
{
    uint32_t n = 0;
    if (!own || atomic_load_explicit(&own->words_n, memory_order_relaxed) > 0)
        return;
    for (; n < WORDS_MAX - 1 && text[n] != '\0'; n++)
        atomic_store_explicit(&own->words[n], text[n], memory_order_relaxed);
    atomic_store_explicit(&own->words_n, n, memory_order_release);
}

void scoreboard_ask_reopen(void)
{
    atomic_fetch_add_explicit(&board->log_epoch, 1, memory_order_relaxed);
}

/* A holder that was killed may have noted half its variants; the master clears its slot. */
static void waiting_room_lock(void)
{
    if (pthread_mutex_lock(&board->waiting_room) == EOWNERDEAD)
        pthread_mutex_consistent(&board->waiting_room);
}

static int count_waiting(int64_t variant)
{
    int count = 0;
    for (size_t i = 0; i < board->slots; i++) {
        const struct slot *s = &board->slot[i];
        uint32_t n = atomic_load_explicit(&s->waits_n, memory_order_relaxed);
        for (uint32_t k = 0; k < n && k < SCOREBOARD_WAITS_MAX; k++)
            if (atomic_load_explicit(&s->waits[k], memory_order_relaxed) == variant) {
                count++;
                break;
            }
    }
    return count;
}

bool scoreboard_wait_enter(const int64_t *variants, size_t n, int max)
{
    if (!own || max <= 0)
        return true;
    if (n > SCOREBOARD_WAITS_MAX)
        n = SCOREBOARD_WAITS_MAX;
    bool room = true;
    waiting_room_lock();
    for (size_t i = 0; i < n && room; i++)
        room = count_waiting(variants[i]) < max;
    for (size_t i = 0; i < n && room; i++)
        atomic_store_explicit(&own->waits[i], variants[i], memory_order_relaxed);
    if (room)
        atomic_store_explicit(&own->waits_n, (uint32_t)n, memory_order_relaxed);
    pthread_mutex_unlock(&board->waiting_room);
    return room;
}

void scoreboard_wait_leave(void)
{
    if (own)
        atomic_store_explicit(&own->waits_n, 0, memory_order_relaxed);
}

struct breaker_state *scoreboard_breaker(size_t index)
{
    return (board ? board->breakers : local_breakers) + index % SCOREBOARD_BREAKERS;
}
