/* Region memory: a stack of chunks, a list of blocks too big for them, a list of deferred calls. */
#include "core/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define ARENA_GAP 16 /* stays poisoned behind every allocation, so that overruns are seen */
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ARENA_GAP 0
#endif

#define ARENA_ALIGN 16
#define CHUNK_MIN ((size_t)16 * 1024)
#define CHUNK_MAX ((size_t)256 * 1024)
#define BIG_BLOCK ((size_t)8 * 1024) /* from this size on a block is malloc's own */

/* Chunks form a stack, newest on top; only the top has room. `number` grows towards the top. */
struct chunk {
    struct chunk *below;
    size_t number;
    size_t cap, used;
    alignas(ARENA_ALIGN) unsigned char data[];
};

/* The node lives in a chunk: its place there tells whether the block is older than a mark. */
struct big {
    struct big *older;
    struct chunk *chunk;
    size_t at; /* of this node in its chunk */
    void *block;
    size_t size;
};

struct defer {
    struct defer *older;
    void (*fn)(void *);
    void *ptr;
};

struct arena {
    const char *name;
    struct chunk *top;
    struct big *bigs;
    struct defer *defers;
};

static _Noreturn void out_of_memory(const char *name)
{
    char line[128];
    int n = snprintf(line, sizeof(line), "tarazu: out of memory (arena %.60s)\n", name);
    if (n > 0) {
        ssize_t ignored = write(STDERR_FILENO, line, (size_t)n);
        (void)ignored;
    }
    abort();
}

static struct chunk *chunk_push(struct arena *a, size_t cap)
{
    struct chunk *c = malloc(sizeof(*c) + cap);
    if (!c)
        out_of_memory(a->name);
    c->below = a->top;
    c->number = a->top ? a->top->number + 1 : 0;
    c->cap = cap;
    c->used = 0;
    ASAN_POISON_MEMORY_REGION(c->data, cap);
    a->top = c;
    return c;
}

static void chunk_pop(struct arena *a)
{
    struct chunk *c = a->top;
    a->top = c->below;
    ASAN_UNPOISON_MEMORY_REGION(c->data, c->cap);
    free(c);
}

/* Space in the top chunk, not zeroed; size is at most BIG_BLOCK. */
static void *chunk_take(struct arena *a, size_t size)
{
    struct chunk *c = a->top;
    size_t step = (size + ARENA_GAP + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (c->cap - c->used < step)
        c = chunk_push(a, c->cap < CHUNK_MAX ? c->cap * 2 : CHUNK_MAX);
    void *p = c->data + c->used;
    c->used += step;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    return p;
}

static void *big_take(struct arena *a, size_t size)
{
    struct big *b = chunk_take(a, sizeof(*b));
    b->block = calloc(1, size);
    if (!b->block)
        out_of_memory(a->name);
    b->size = size;
    b->chunk = a->top;
    b->at = (size_t)((unsigned char *)b - a->top->data);
    b->older = a->bigs;
    a->bigs = b;
    return b->block;
}

static bool big_is_newer(const struct big *b, const struct chunk *chunk, size_t used)
{
    if (b->chunk->number != chunk->number)
        return b->chunk->number > chunk->number;
    return b->at >= used;
}

/* Deferred calls run before any memory goes, so that they may look at each other's memory. */
static void unwind(struct arena *a, struct chunk *chunk, size_t used, struct defer *defers)
{
    while (a->defers != defers) {
        struct defer *d = a->defers;
        a->defers = d->older;
        d->fn(d->ptr);
    }
    while (a->bigs && big_is_newer(a->bigs, chunk, used)) {
        struct big *b = a->bigs;
        a->bigs = b->older;
        free(b->block);
    }
    while (a->top != chunk)
        chunk_pop(a);
    chunk->used = used;
    ASAN_POISON_MEMORY_REGION(chunk->data + used, chunk->cap - used);
}

struct arena *arena_create(const char *name)
{
    struct arena *a = calloc(1, sizeof(*a));
    if (!a)
        out_of_memory(name);
    a->name = name;
    chunk_push(a, CHUNK_MIN);
    return a;
}

void arena_destroy(struct arena *a)
{
    if (!a)
        return;
    arena_reset(a);
    chunk_pop(a);
    free(a);
}

void arena_reset(struct arena *a)
{
    struct chunk *first = a->top;
    while (first->below)
        first = first->below;
    unwind(a, first, 0, NULL);
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size == 0)
        size = 1;
    if (size >= BIG_BLOCK)
        return big_take(a, size);
    return memset(chunk_take(a, size), 0, size);
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        out_of_memory(a->name);
    return arena_alloc(a, total);
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    if (n == SIZE_MAX)
        out_of_memory(a->name);
    char *copy = arena_alloc(a, n + 1);
    if (n > 0)
        memcpy(copy, s, n);
    return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return text;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    char shorter[256];
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(shorter, sizeof(shorter), fmt, ap);
    if (n < 0)
        abort();
    char *text;
    if ((size_t)n < sizeof(shorter)) {
        text = arena_strndup(a, shorter, (size_t)n);
    } else {
        text = arena_alloc(a, (size_t)n + 1);
        vsnprintf(text, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    return text;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *ptr)
{
    struct defer *d = arena_new(a, struct defer);
    d->fn = fn;
    d->ptr = ptr;
    d->older = a->defers;
    a->defers = d;
}

struct arena_mark arena_mark(struct arena *a)
{
    return (struct arena_mark){ a->top, a->top->used, a->defers };
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    unwind(a, mark.chunk, mark.used, mark.defers);
}

size_t arena_used(const struct arena *a)
{
    size_t used = 0;
    for (const struct chunk *c = a->top; c; c = c->below)
        used += c->used;
    for (const struct big *b = a->bigs; b; b = b->older)
        used += b->size;
    return used;
}
