/* Hex, base32 and base64. */
#include "core/codec.h"

#include <string.h>

#include "core/arena.h"

const struct codec codec_hex = { "0123456789abcdef", 4, true };
const struct codec codec_base32 = { "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, true };
const struct codec codec_base64 = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, false
};
const struct codec codec_base64url = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6, false
};

/* The letter's value, or -1. */
static int value_of(const struct codec *c, char letter)
{
    const size_t size = (size_t)1 << c->bits;
    const char *at = memchr(c->alphabet, letter, size);
    bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    if (!at && c->any_case && is_letter)
        at = memchr(c->alphabet, letter ^ 0x20, size);
    return at ? (int)(at - c->alphabet) : -1;
}

char *codec_encode(struct arena *a, const struct codec *c, const void *p, size_t n)
{
    const uint8_t *bytes = p;
    const uint32_t mask = (UINT32_C(1) << c->bits) - 1;
    char *out = arena_alloc(a, n * 2 + 2), *o = out;
    uint32_t held = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++) {
        held = held << 8 | bytes[i];
        for (bits += 8; bits >= c->bits; bits -= c->bits)
            *o++ = c->alphabet[held >> (bits - c->bits) & mask];
        held &= (UINT32_C(1) << bits) - 1;
    }
    if (bits > 0)
        *o++ = c->alphabet[held << (c->bits - bits) & mask];
    *o = '\0';
    return out;
}

bool codec_decode(const struct codec *c, struct str s, uint8_t *out, size_t *n)
{
    uint32_t held = 0;
    unsigned bits = 0;
    *n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int value = value_of(c, s.p[i]);
        if (value < 0)
            return false;
        held = held << c->bits | (uint32_t)value;
        bits += c->bits;
        if (bits >= 8) {
            bits -= 8;
            out[(*n)++] = (uint8_t)(held >> bits);
            held &= (UINT32_C(1) << bits) - 1;
        }
    }
    return bits < c->bits && held == 0;
}

bool codec_decode_alloc(struct arena *a, const struct codec *c, struct str s, struct str *out)
{
    uint8_t *bytes = arena_alloc(a, s.n + 1);
    size_t n;
    if (!codec_decode(c, s, bytes, &n))
        return false;
    bytes[n] = '\0';
    *out = (struct str){ (const char *)bytes, n };
    return true;
}
