/* Reading and writing UTF-8, for the text functions, the log and JSON. Pure. Any process. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

#define UTF8_REPLACEMENT UINT32_C(0xfffd)

/* Takes the first code point off a slice that is not empty. False for a malformed sequence: its
 * longest well-formed beginning, or one byte, is taken and *cp is the replacement character. */
bool utf8_next(struct str *s, uint32_t *cp);
/* Encodes into out[4]; returns the number of bytes. Surrogates and what lies above U+10FFFF are
 * written as the replacement character. */
size_t utf8_encode(uint32_t cp, char out[4]);
void utf8_add(struct buf *b, uint32_t cp);

#endif
