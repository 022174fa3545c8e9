/* Percent-encoding. */
#include "http/percent.h"

#include <string.h>

#include "core/arena.h"
#include "core/text.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_unreserved(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("-._~", c));
}

static bool is_url_byte(unsigned char c)
{
    return c > 0x20 && c < 0x7f && !strchr("\"<>\\^`{|}", c);
}

static const char *encode(struct arena *a, const char *s, bool (*keep)(unsigned char c))
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(a, strlen(s) * 3 + 1);
    char *w = out;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (keep(c)) {
            *w++ = *s;
        } else {
            *w++ = '%';
            *w++ = digits[c >> 4];
            *w++ = digits[c & 15];
        }
    }
    return out;
}

const char *percent_decode(struct arena *a, struct str s, bool plus)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = s.n - i > 2 ? hex_digit(s.p[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
            if (low < 0)
                return NULL;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[n++] = c;
    }
    return text_valid_utf8((struct str){ out, n }) ? out : NULL;
}

const char *percent_encode(struct arena *a, const char *s)
{
    return encode(a, s, is_unreserved);
}

const char *percent_encode_url(struct arena *a, const char *s)
{
    return encode(a, s, is_url_byte);
}
