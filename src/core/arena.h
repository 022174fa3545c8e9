/* Region memory. One arena per lifetime: process, connection, request or job. Everything in it is
 * freed at once by arena_reset(); handlers never free. Memory is zeroed. Running out of memory
 * aborts the process (the master replaces it), so no allocation returns NULL. Any process. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena_mark {
    void *chunk;
    size_t used;
    void *defers;
};

struct arena *arena_create(const char *name) __attribute__((returns_nonnull));
void arena_destroy(struct arena *a);
/* Runs the deferred calls (last first), keeps the first chunk, gives the others back. */
void arena_reset(struct arena *a);

void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull));
/* Aborts when n * size overflows: limits on input are checked before. */
void *arena_calloc(struct arena *a, size_t n, size_t size) __attribute__((returns_nonnull));
#define arena_new(a, type) ((type *)arena_alloc(a, sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_calloc(a, n, sizeof(type)))

char *arena_strdup(struct arena *a, const char *s);             /* NULL in, NULL out */
char *arena_strndup(struct arena *a, const char *s, size_t n); /* copies n bytes, ends with NUL */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Calls fn(ptr) when the arena is reset or rewound past this point. */
void arena_defer(struct arena *a, void (*fn)(void *), void *ptr);

/* Scratch: memory taken after the mark is given back by the rewind (its defers run). */
struct arena_mark arena_mark(struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

size_t arena_used(const struct arena *a); /* bytes handed out since the last reset */

#endif
