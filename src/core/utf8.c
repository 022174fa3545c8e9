/* UTF-8 by the table of well-formed byte sequences (Unicode, table 3-7). */
#include "core/utf8.h"

/* What may follow a lead byte: length of the sequence and the range of its second byte; the other
 * bytes are 80..BF. Length 0: no sequence starts so. */
struct sequence {
    uint8_t length, second_low, second_high, lead_bits;
};

enum { BAD, ASCII, TWO, E0, THREE, ED, F0, FOUR, F4 };

static const struct sequence sequences[] = {
    [BAD] = { 0, 0, 0, 0 },
    [ASCII] = { 1, 0, 0, 0x7f },
    [TWO] = { 2, 0x80, 0xbf, 0x1f },
    [E0] = { 3, 0xa0, 0xbf, 0x0f },
    [THREE] = { 3, 0x80, 0xbf, 0x0f },
    [ED] = { 3, 0x80, 0x9f, 0x0f },
    [F0] = { 4, 0x90, 0xbf, 0x07 },
    [FOUR] = { 4, 0x80, 0xbf, 0x07 },
    [F4] = { 4, 0x80, 0x8f, 0x07 },
};

static const uint8_t leads[256] = {
    [0x00 ... 0x7f] = ASCII, [0xc2 ... 0xdf] = TWO,   [0xe0] = E0,
    [0xe1 ... 0xec] = THREE, [0xed] = ED,             [0xee ... 0xef] = THREE,
    [0xf0] = F0,             [0xf1 ... 0xf3] = FOUR,  [0xf4] = F4,
};

bool utf8_next(struct str *s, uint32_t *cp)
{
    const uint8_t *p = (const uint8_t *)s->p;
    const struct sequence *seq = &sequences[leads[p[0]]];
    uint32_t value = p[0] & seq->lead_bits;
    size_t i = 1;
    for (; i < seq->length && i < s->n; i++) {
        uint8_t low = i == 1 ? seq->second_low : 0x80;
        uint8_t high = i == 1 ? seq->second_high : 0xbf;
        if (p[i] < low || p[i] > high)
            break;
        value = value << 6 | (p[i] & 0x3f);
    }
    bool good = i == seq->length;
    *cp = good ? value : UTF8_REPLACEMENT;
    s->p += i;
    s->n -= i;
    return good;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        cp = UTF8_REPLACEMENT;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = { [2] = 0xc0, [3] = 0xe0, [4] = 0xf0 };
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (cp & 0x3f));
        cp >>= 6;
    }
    out[0] = (char)(lead[n] | cp);
    return n;
}

void utf8_add(struct buf *b, uint32_t cp)
{
    char bytes[4];
    buf_add(b, bytes, utf8_encode(cp, bytes));
}
