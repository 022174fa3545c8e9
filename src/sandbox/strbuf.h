/* Growable text of the sandbox, on the heap. Whoever owns the struct calls strbuf_free(). Running
 * out of memory ends the program. Never returns NULL, never fails. */
#ifndef SANDBOX_STRBUF_H
#define SANDBOX_STRBUF_H

#include <stddef.h>
#include <stdint.h>

struct strbuf {
    char *at; /* NUL-terminated once something was added, NULL before */
    size_t len, cap;
};

void *heap_new(size_t size) __attribute__((returns_nonnull)); /* zeroed */
void *heap_grow(void *p, size_t size) __attribute__((returns_nonnull));
char *heap_dup(const char *s); /* NULL in, NULL out */
char *heap_ndup(const char *s, size_t n);

void strbuf_add(struct strbuf *b, const char *p, size_t n);
void strbuf_str(struct strbuf *b, const char *s);
void strbuf_char(struct strbuf *b, char c);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_html(struct strbuf *b,
                 const char *s); /* escaped for text and attributes; NULL adds nothing */
void strbuf_url(struct strbuf *b, const char *s);  /* percent-encoded query value */
/* Persian digits; with groups of three for numbers («۲٬۵۰۰٬۰۰۰»). */
void strbuf_fa_digits(struct strbuf *b, const char *s);
void strbuf_fa_number(struct strbuf *b, int64_t n);
const char *strbuf_text(const struct strbuf *b); /* "" when empty */
char *strbuf_take(struct strbuf *b);             /* the caller frees; the buffer is empty again */
void strbuf_free(struct strbuf *b);

#endif
