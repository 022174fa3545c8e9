/* Strict reading of JSON bodies. */
#include "http/json_body.h"

#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/utf8.h"
#include "core/view.h"

struct key {
    struct str text;
    uint32_t hash;
};

struct level {
    bool object;
    bool wants_key;   /* the next string is a member's name */
    struct key *keys; /* of an object; room for JSON_BODY_MEMBERS */
    size_t count;
};

/* A walk over the text by tokens. It needs no grammar: what is not JSON is refused by the parser
 * afterwards. */
struct scan {
    struct arena *arena;
    char *p, *end;
    struct level levels[JSON_BODY_DEPTH];
    size_t depth;
};

static uint32_t hash_of(struct str s)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 16777619u;
    return h;
}

static bool hex4(const char *p, const char *end, uint32_t *out)
{
    if (end - p < 4)
        return false;
    *out = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *at = p[i] ? strchr(digits, p[i]) : NULL;
        if (!at)
            return false;
        *out = *out << 4 | (uint32_t)((at - digits) & 15);
    }
    return true;
}

/* One escape behind the backslash at p; the text goes on at the returned place, NULL when
 * broken. */
static const char *unescape(struct buf *b, const char *p, const char *end)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (p == end)
        return NULL;
    const char *at = *p ? strchr(from, *p) : NULL;
    if (at) {
        buf_char(b, to[at - from]);
        return p + 1;
    }
    uint32_t cp, low;
    if (*p != 'u' || !hex4(p + 1, end, &cp) || cp == 0)
        return NULL;
    p += 5;
    if (cp >= 0xd800 && cp < 0xdc00) {
        if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || !hex4(p + 2, end, &low) ||
            low < 0xdc00 || low > 0xdfff)
            return NULL;
        cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
    } else if (cp >= 0xdc00 && cp <= 0xdfff) {
        return NULL;
    }
    utf8_add(b, cp);
    return p;
}

/* The string whose opening quote is at s->p; s->p goes behind its closing quote. */
static const char *take_string(struct scan *s, struct str *out)
{
    struct buf b;
    buf_init(&b, s->arena, 0);
    const char *p = s->p + 1;
    while (p < s->end && *p != '"') {
        if (*p == '\\') {
            p = unescape(&b, p + 1, s->end);
            if (!p)
                return "broken escape in a string";
        } else {
            size_t n = 1;
            while (p + n < s->end && p[n] != '"' && p[n] != '\\')
                n++;
            buf_add(&b, p, n);
            p += n;
        }
    }
    if (p >= s->end)
        return "ends too early";
    s->p += p + 1 - s->p;
    *out = buf_slice(&b);
    return NULL;
}

static const char *add_key(struct scan *s, struct level *level, struct str text)
{
    uint32_t hash = hash_of(text);
    for (size_t i = 0; i < level->count; i++)
        if (level->keys[i].hash == hash && str_eq(level->keys[i].text, text))
            return "a member stands twice in an object";
    if (level->count == JSON_BODY_MEMBERS)
        return "too many members in an object";
    if (level->count % 16 == 0) {
        struct key *keys = arena_array(s->arena, struct key, level->count + 16);
        if (level->count > 0)
            memcpy(keys, level->keys, level->count * sizeof(*keys));
        level->keys = keys;
    }
    level->keys[level->count++] = (struct key){ text, hash };
    return NULL;
}

static const char *scan_string(struct scan *s)
{
    struct level *level = s->depth > 0 ? &s->levels[s->depth - 1] : NULL;
    struct str text;
    const char *error = take_string(s, &text);
    if (error || !level || !level->object || !level->wants_key)
        return error;
    level->wants_key = false;
    return add_key(s, level, text);
}

/* An integer that int64 cannot hold has 19 digits or more: room for the nearest end. */
static void scan_number(struct scan *s)
{
    char *start = s->p;
    while (s->p < s->end && *s->p && strchr("+-.0123456789eE", *s->p))
        s->p++;
    size_t n = (size_t)(s->p - start);
    bool negative = start[0] == '-';
    int64_t value;
    if (n - negative < 19 || str_int((struct str){ start, n }, &value) ||
        strspn(start + negative, "0123456789") != n - negative || start[negative] == '0')
        return;
    const char *limit = negative ? "-9223372036854775808" : "9223372036854775807";
    memset(start, ' ', n);
    memcpy(start, limit, strlen(limit));
}

static const char *scan_mark(struct scan *s)
{
    struct level *level = s->depth > 0 ? &s->levels[s->depth - 1] : NULL;
    char c = *s->p++;
    if (c == '{' || c == '[') {
        if (s->depth == JSON_BODY_DEPTH)
            return "nested too deep";
        s->levels[s->depth++] = (struct level){ .object = c == '{', .wants_key = c == '{' };
    } else if (c == '}' || c == ']') {
        if (!level)
            return "not JSON";
        s->depth--;
    } else if (c == ',' && level) {
        level->wants_key = level->object;
    }
    return NULL;
}

static const char *scan(struct scan *s)
{
    const char *error = NULL;
    while (!error && s->p < s->end) {
        if (*s->p == '"')
            error = scan_string(s);
        else if (*s->p == '-' || (*s->p >= '0' && *s->p <= '9'))
            scan_number(s);
        else
            error = scan_mark(s);
    }
    return error;
}

struct view *json_body_parse(struct arena *a, struct str body, const char **error)
{
    char *copy = arena_strndup(a, body.p, body.n);
    struct scan s = { .arena = a, .p = copy, .end = copy + body.n };
    *error = scan(&s);
    return *error ? NULL : view_parse(a, (struct str){ copy, body.n }, JSON_BODY_DEPTH, error);
}
