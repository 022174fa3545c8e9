/* The folding of single code points, shared by the text functions. Tables are in text_fold.def and
 * text_fold.c. Pure. Any process. */
#ifndef CORE_TEXT_FOLD_H
#define CORE_TEXT_FOLD_H

#include <stdbool.h>
#include <stdint.h>

/* What the code point becomes: NULL is itself, "" is dropped. */
const char *text_fold_clean(uint32_t cp);
const char *text_fold_search(uint32_t cp);

uint32_t text_fold_digit(uint32_t cp); /* Persian, Arabic and full-width digits to 0-9 */
uint32_t text_fold_lower(uint32_t cp); /* Latin, Greek and Cyrillic capitals */
uint32_t text_fold_width(uint32_t cp); /* full-width ASCII to ASCII */

enum text_class { TEXT_WORD, TEXT_SPACE, TEXT_NEWLINE, TEXT_CONTROL, TEXT_JOINER, TEXT_SYMBOL };
/* WORD: letters, digits and marks of any script. JOINER: ZWNJ. SYMBOL: punctuation and pictures. */
enum text_class text_class(uint32_t cp);

#endif
