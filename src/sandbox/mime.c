/* MIME decoding. */
#include "sandbox/mime.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sandbox/strbuf.h"

#define DEPTH_MAX 8

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c ? strchr(digits, c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static void add_base64(struct strbuf *out, const char *s, size_t n)
{
    unsigned bits = 0;
    int have = 0;
    for (size_t i = 0; i < n && s[i] != '='; i++) {
        int value = base64_value(s[i]);
        if (value < 0)
            continue;
        bits = bits << 6 | (unsigned)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            strbuf_char(out, (char)(bits >> have & 0xFF));
        }
    }
}

static void add_quoted(struct strbuf *out, const char *s, size_t n, bool word)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '=' && i + 2 < n && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0) {
            strbuf_char(out, (char)(hex_digit(s[i + 1]) * 16 + hex_digit(s[i + 2])));
            i += 2;
        } else if (!word && s[i] == '=' && i + 1 < n && s[i + 1] == '\n') {
            i += 1;
        } else if (!word && s[i] == '=' && i + 2 < n && s[i + 1] == '\r' && s[i + 2] == '\n') {
            i += 2;
        } else {
            strbuf_char(out, word && s[i] == '_' ? ' ' : s[i]);
        }
    }
}

char *mime_quoted_printable(const char *s, size_t n)
{
    struct strbuf out = { 0 };
    add_quoted(&out, s, n, false);
    return strbuf_take(&out);
}

char *mime_base64(const char *s, size_t n)
{
    struct strbuf out = { 0 };
    add_base64(&out, s, n);
    return strbuf_take(&out);
}

/* Decodes the encoded word at s into out; returns its length, 0 when there is none. */
static size_t add_word(struct strbuf *out, const char *s)
{
    const char *charset_end = strncmp(s, "=?", 2) == 0 ? strchr(s + 2, '?') : NULL;
    if (!charset_end || !charset_end[1] || charset_end[2] != '?')
        return 0;
    const char *text = charset_end + 3, *end = strstr(text, "?=");
    if (!end)
        return 0;
    if (charset_end[1] == 'B' || charset_end[1] == 'b')
        add_base64(out, text, (size_t)(end - text));
    else
        add_quoted(out, text, (size_t)(end - text), true);
    return (size_t)(end + 2 - s);
}

char *mime_words(const char *s)
{
    struct strbuf out = { 0 };
    while (*s) {
        size_t n = add_word(&out, s);
        if (!n) {
            strbuf_char(&out, *s++);
            continue;
        }
        s += n;
        size_t gap = strspn(s, " \t\r\n"); /* space between two encoded words is not text */
        if (gap && strncmp(s + gap, "=?", 2) == 0)
            s += gap;
    }
    return strbuf_take(&out);
}

struct part {
    const char *head, *body;
    size_t head_n, body_n;
};

static struct part split(const char *s, size_t n)
{
    struct part p = { s, s + n, n, 0 };
    for (size_t i = 0; i < n; i++) {
        size_t gap = i == 0 && s[0] == '\n' ? 1
                     : i + 1 < n && s[i] == '\n' && s[i + 1] == '\n' ? 2
                     : i + 2 < n && s[i] == '\n' && s[i + 1] == '\r' && s[i + 2] == '\n' ? 3
                                                                                         : 0;
        if (gap) {
            p.head_n = i;
            p.body = s + i + gap;
            p.body_n = n - i - gap;
            break;
        }
    }
    return p;
}

/* The header's value, unfolded; NULL when absent. The caller frees. */
static char *header(const struct part *p, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < p->head_n;) {
        const char *line = p->head + i, *end = memchr(line, '\n', p->head_n - i);
        size_t n = end ? (size_t)(end - line) : p->head_n - i;
        if (n > length && line[length] == ':' && strncasecmp(line, name, length) == 0) {
            struct strbuf value = { 0 };
            for (size_t at = length + 1; i + at < p->head_n; at++) {
                if (line[at] == '\n' && (i + at + 1 >= p->head_n || !strchr(" \t", line[at + 1])))
                    break;
                if (line[at] != '\n' && line[at] != '\r')
                    strbuf_char(&value, line[at]);
            }
            char *text = strbuf_take(&value), *trimmed = heap_dup(text + strspn(text, " \t"));
            free(text);
            return trimmed;
        }
        i += n + 1;
    }
    return NULL;
}

static char *decoded_header(const struct part *p, const char *name)
{
    char *value = header(p, name), *text = mime_words(value ? value : "");
    free(value);
    return text;
}

static char *boundary_of(const char *type)
{
    const char *at = type ? strcasestr(type, "boundary=") : NULL;
    if (!at)
        return NULL;
    at += 9;
    size_t n = *at == '"' ? strcspn(at + 1, "\"") : strcspn(at, "; \t");
    struct strbuf mark = { 0 };
    strbuf_str(&mark, "--");
    strbuf_add(&mark, *at == '"' ? at + 1 : at, n);
    return strbuf_take(&mark);
}

static char *decode_body(const struct part *p)
{
    char *encoding = header(p, "Content-Transfer-Encoding");
    char *bytes = encoding && strcasecmp(encoding, "base64") == 0 ? mime_base64(p->body, p->body_n)
                  : encoding && strcasecmp(encoding, "quoted-printable") == 0
                      ? mime_quoted_printable(p->body, p->body_n)
                      : heap_ndup(p->body, p->body_n);
    struct strbuf out = { 0 };
    for (const char *s = bytes; *s; s++) {
        if (*s != '\r' || s[1] != '\n')
            strbuf_char(&out, *s);
    }
    free(encoding);
    free(bytes);
    return strbuf_take(&out);
}

static void take_part(const char *s, size_t n, struct mime_mail *out, int depth);

/* The line that begins with the boundary, from s on; NULL when there is none. */
static const char *find_mark(const char *s, const char *end, const char *mark)
{
    for (const char *at = s; at && at < end;) {
        if ((size_t)(end - at) >= strlen(mark) && strncmp(at, mark, strlen(mark)) == 0)
            return at;
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    return NULL;
}

static void take_multipart(const struct part *p, const char *mark, struct mime_mail *out, int depth)
{
    const char *end = p->body + p->body_n, *at = find_mark(p->body, end, mark);
    while (at) {
        const char *start = memchr(at, '\n', (size_t)(end - at));
        if (!start || strncmp(at + strlen(mark), "--", 2) == 0)
            return;
        const char *next = find_mark(start + 1, end, mark);
        const char *stop = next ? next : end;
        size_t n = (size_t)(stop - start - 1); /* the line end before a boundary belongs to it */
        if (next && n > 0)
            n -= n > 1 && stop[-2] == '\r' ? 2 : 1;
        take_part(start + 1, n, out, depth + 1);
        at = next;
    }
}

static void take_part(const char *s, size_t n, struct mime_mail *out, int depth)
{
    struct part p = split(s, n);
    char *type = header(&p, "Content-Type");
    char *mark = type && strncasecmp(type, "multipart/", 10) == 0 ? boundary_of(type) : NULL;
    if (mark && depth < DEPTH_MAX)
        take_multipart(&p, mark, out, depth);
    else if (type && strncasecmp(type, "text/html", 9) == 0 && !out->html)
        out->html = decode_body(&p);
    else if ((!type || strncasecmp(type, "text/plain", 10) == 0) && !out->text)
        out->text = decode_body(&p);
    free(type);
    free(mark);
}

void mime_parse(const char *raw, size_t n, struct mime_mail *out)
{
    struct part p = split(raw, n);
    memset(out, 0, sizeof *out);
    out->subject = decoded_header(&p, "Subject");
    out->from = decoded_header(&p, "From");
    out->to = decoded_header(&p, "To");
    out->message_id = decoded_header(&p, "Message-ID");
    take_part(raw, n, out, 0);
    if (!out->text)
        out->text = heap_dup(out->html ? out->html : "");
}

void mime_free(struct mime_mail *m)
{
    free(m->subject);
    free(m->from);
    free(m->to);
    free(m->message_id);
    free(m->text);
    free(m->html);
    memset(m, 0, sizeof *m);
}
