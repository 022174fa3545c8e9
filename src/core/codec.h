/* Bytes as letters: hex, base32 and base64 are one algorithm with different alphabets. Decoding is
 * strict: no white space, no padding, no stray bits, so that a value has one spelling (but for the
 * case of hex and base32). Pure. Any process. */
#ifndef CORE_CODEC_H
#define CORE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

struct arena;

struct codec {
    const char *alphabet; /* 2^bits letters */
    unsigned bits;        /* in one letter */
    bool any_case;
};

extern const struct codec codec_hex, codec_base32, codec_base64, codec_base64url;

char *codec_encode(struct arena *a, const struct codec *c, const void *p, size_t n);
/* `out` has room for s.n * bits / 8 bytes; *n tells how many were written. */
bool codec_decode(const struct codec *c, struct str s, uint8_t *out, size_t *n);
bool codec_decode_alloc(struct arena *a, const struct codec *c, struct str s, struct str *out);

#endif
