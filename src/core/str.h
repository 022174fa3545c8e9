/* Slices and growable text. A slice points into memory owned by somebody else (usually the arena)
 * and need not end with NUL. A buffer grows inside its arena. Any process. */
#ifndef CORE_STR_H
#define CORE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

struct str str_of(const char *s); /* NULL gives the empty slice */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *literal);
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);
struct str str_trim(struct str s); /* ASCII space, tab, CR, LF */
/* Cuts s at the first `sep`: returns what stood before it and leaves the rest in *s. Without `sep`
 * returns all and leaves the empty slice. */
struct str str_cut(struct str *s, char sep);
const char *str_dup(struct arena *a, struct str s); /* NUL-terminated copy */
/* Decimal with optional '-', nothing else around it, within int64; false otherwise. */
bool str_int(struct str s, int64_t *out);

struct buf {
    struct arena *arena;
    char *p; /* always NUL-terminated once something was added */
    size_t n, cap;
};

void buf_init(struct buf *b, struct arena *a, size_t reserve);
void buf_add(struct buf *b, const char *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct str buf_slice(const struct buf *b);
const char *buf_text(struct buf *b); /* NUL-terminated, "" when empty */

#endif
