/* Growable text, escaping and Persian digits. */
#include "sandbox/strbuf.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void)
{
    fputs("tarazu-sandbox: out of memory\n", stderr);
    abort();
}

void *heap_new(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *heap_grow(void *p, size_t size)
{
    void *q = realloc(p, size ? size : 1);
    if (!q)
        out_of_memory();
    return q;
}

char *heap_ndup(const char *s, size_t n)
{
    char *p = heap_new(n + 1);
    memcpy(p, s, n);
    return p;
}

char *heap_dup(const char *s)
{
    return s ? heap_ndup(s, strlen(s)) : NULL;
}

void strbuf_add(struct strbuf *b, const char *p, size_t n)
{
    if (b->len + n + 1 > b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 256;
        while (cap < b->len + n + 1)
            cap *= 2;
        b->at = heap_grow(b->at, cap);
        b->cap = cap;
    }
    if (n)
        memcpy(b->at + b->len, p, n);
    b->len += n;
    b->at[b->len] = '\0';
}

void strbuf_str(struct strbuf *b, const char *s)
{
    if (s)
        strbuf_add(b, s, strlen(s));
}

void strbuf_char(struct strbuf *b, char c)
{
    strbuf_add(b, &c, 1);
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
    char *s = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    if (n < 0)
        out_of_memory();
    strbuf_add(b, s, (size_t)n);
    free(s);
}

static const char *const html_entity[256] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
};

void strbuf_html(struct strbuf *b, const char *s)
{
    for (; s && *s; s++) {
        const char *entity = html_entity[(unsigned char)*s];
        if (entity)
            strbuf_str(b, entity);
        else
            strbuf_char(b, *s);
    }
}

void strbuf_url(struct strbuf *b, const char *s)
{
    for (; s && *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 128 && (isalnum(c) || strchr("-_.~", c)))
            strbuf_char(b, (char)c);
        else
            strbuf_printf(b, "%%%02X", c);
    }
}

void strbuf_fa_digits(struct strbuf *b, const char *s)
{
    for (; s && *s; s++) {
        if (*s >= '0' && *s <= '9') {
            const char digit[2] = { (char)0xDB, (char)(0xB0 + (*s - '0')) };
            strbuf_add(b, digit, 2);
        } else {
            strbuf_char(b, *s);
        }
    }
}

void strbuf_fa_number(struct strbuf *b, int64_t n)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%lld", (long long)n);
    const char *p = digits;
    if (*p == '-')
        strbuf_char(b, *p++);
    for (size_t left = strlen(p); left > 0; left--, p++) {
        const char one[2] = { *p, '\0' };
        strbuf_fa_digits(b, one);
        if (left > 1 && left % 3 == 1)
            strbuf_str(b, "٬");
    }
}

const char *strbuf_text(const struct strbuf *b)
{
    return b->at ? b->at : "";
}

char *strbuf_take(struct strbuf *b)
{
    char *s = b->at ? b->at : heap_dup("");
    *b = (struct strbuf){ 0 };
    return s;
}

void strbuf_free(struct strbuf *b)
{
    free(b->at);
    *b = (struct strbuf){ 0 };
}
