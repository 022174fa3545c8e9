/* Slices and buffers. */
#include "core/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Room for n more bytes and the NUL. The old block stays in the arena until it is reset: doubling
 * keeps the waste below the final size. */
static void buf_grow(struct buf *b, size_t n)
{
    size_t need;
    if (__builtin_add_overflow(b->n, n, &need) || need > SIZE_MAX / 2)
        abort();
    if (need < b->cap)
        return;
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap <= need)
        cap *= 2;
    char *p = arena_alloc(b->arena, cap);
    if (b->n > 0)
        memcpy(p, b->p, b->n);
    b->p = p;
    b->cap = cap;
}

struct str str_of(const char *s)
{
    return s ? (struct str){ s, strlen(s) } : (struct str){ "", 0 };
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_is(struct str a, const char *literal)
{
    return str_eq(a, str_of(literal));
}

bool str_starts(struct str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return n == 0 || (s.n >= n && memcmp(s.p, prefix, n) == 0);
}

bool str_ends(struct str s, const char *suffix)
{
    size_t n = strlen(suffix);
    return n == 0 || (s.n >= n && memcmp(s.p + s.n - n, suffix, n) == 0);
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s.p++, s.n--;
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str str_cut(struct str *s, char sep)
{
    struct str head = *s;
    const char *at = s->n > 0 ? memchr(s->p, sep, s->n) : NULL;
    if (!at) {
        if (s->n > 0)
            s->p += s->n;
        s->n = 0;
        return head;
    }
    head.n = (size_t)(at - s->p);
    s->p = at + 1;
    s->n -= head.n + 1;
    return head;
}

const char *str_dup(struct arena *a, struct str s)
{
    return arena_strndup(a, s.p, s.n);
}

bool str_int(struct str s, int64_t *out)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == s.n)
        return false;
    int64_t value = 0; /* kept at or below zero: the negative range is the larger one */
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, s.p[i] - '0', &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}

void buf_init(struct buf *b, struct arena *a, size_t reserve)
{
    *b = (struct buf){ .arena = a };
    if (reserve > 0)
        buf_grow(b, reserve);
}

void buf_add(struct buf *b, const char *p, size_t n)
{
    buf_grow(b, n);
    if (n > 0)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
    if (s)
        buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_grow(b, 64);
    int n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    if ((size_t)n >= b->cap - b->n) {
        buf_grow(b, (size_t)n);
        va_start(ap, fmt);
        vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
        va_end(ap);
    }
    b->n += (size_t)n;
}

struct str buf_slice(const struct buf *b)
{
    return b->n > 0 ? (struct str){ b->p, b->n } : (struct str){ "", 0 };
}

const char *buf_text(struct buf *b)
{
    return b->n > 0 ? b->p : "";
}
