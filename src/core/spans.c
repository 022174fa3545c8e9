/* The shared ring of finished spans. */
#include "core/spans.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "core/metrics.h"

#define TRIES 50 /* a holder copies one span: it is gone at once, unless it was stopped */

struct ring {
    pthread_mutex_t lock; /* robust: survives the kill of its holder */
    uint64_t in, out;     /* counted up for ever; moved after the copy is complete */
    struct span span[SPANS_MAX];
};

static struct ring *ring;
static bool enabled;

size_t spans_area_size(void)
{
    return sizeof(struct ring);
}

bool spans_attach(void *area)
{
    pthread_mutexattr_t attr;
    ring = area;
    if (!ring)
        return true;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    errno = pthread_mutex_init(&ring->lock, &attr);
    pthread_mutexattr_destroy(&attr);
    return errno == 0;
}

void spans_enable(bool on)
{
    enabled = on;
}

static bool take_lock(void)
{
    for (int i = 0; i < TRIES; i++) {
        int rc = pthread_mutex_trylock(&ring->lock);
        if (rc == EOWNERDEAD)
            pthread_mutex_consistent(&ring->lock);
        if (rc == 0 || rc == EOWNERDEAD)
            return true;
    }
    return false;
}

static void copy_text(char *out, size_t size, const char *text)
{
    size_t n = text ? strnlen(text, size - 1) : 0;
    while (text && text[n] != '\0' && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--; /* not in the middle of a character */
    if (n > 0)
        memcpy(out, text, n);
    out[n] = '\0';
}
#define COPY(member, text) copy_text(member, sizeof(member), text)

void spans_put(const struct trace *t, enum span_kind kind, const char *name, const char *pool,
               const char *request_id, int64_t start_us, int64_t end_us, int status)
{
    if (!enabled || !ring || !t->sampled)
        return;
    bool room = false;
    if (take_lock()) {
        room = ring->in - ring->out < SPANS_MAX;
        if (room) {
            struct span *s = &ring->span[ring->in % SPANS_MAX];
            COPY(s->trace_id, t->trace_id);
            COPY(s->span_id, t->span_id);
            COPY(s->parent_id, t->parent_id);
            COPY(s->name, name);
            COPY(s->pool, pool);
            COPY(s->request_id, request_id);
            s->kind = kind;
            s->status = status;
            s->start_us = start_us;
            s->end_us = end_us;
            ring->in++;
        }
        pthread_mutex_unlock(&ring->lock);
    }
    if (!room)
        metrics_add(METRIC_SPANS_DROPPED, 0, 1);
}

size_t spans_take(struct span *out, size_t max)
{
    size_t n = 0;
    if (!ring || !take_lock())
        return 0;
    for (; n < max && ring->out < ring->in; n++)
        out[n] = ring->span[ring->out++ % SPANS_MAX];
    pthread_mutex_unlock(&ring->lock);
    return n;
}
