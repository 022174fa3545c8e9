/* Persian text: what people type and what they mean. Rules and their sources are in
 * docs/persian-text.md. Pure functions; results are arena-owned. Any process. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

struct arena;

bool text_valid_utf8(struct str s);          /* also refuses NUL, surrogates, overlong forms */
size_t text_length(struct str s);            /* code points */
/* Persian ۰-۹ and Arabic ٠-٩ digits become 0-9; the rest is unchanged. */
const char *text_fold_digits(struct arena *a, struct str s);
/* For storing what was typed: ي→ی, ك→ک, control and bidi marks removed, runs of white space and
 * ZWNJ collapsed, trimmed. Multi-line text keeps its newlines. */
const char *text_clean(struct arena *a, struct str s, bool multiline);
/* For searching: clean + digits folded + case folded + harakat, tatweel and ZWNJ removed +
 * ة ۀ→ه, أ إ ٱ آ→ا, ؤ→و, ئ→ی, ء dropped. */
const char *text_search_key(struct arena *a, struct str s);
/* Codes (coupons): clean, no white space or ZWNJ at all, digits folded, ASCII upper case, full-width
 * forms folded. */
const char *text_fold_code(struct arena *a, struct str s);
/* Slug of a title: clean, lower case, words joined by '-', letters and digits of any script kept. */
const char *text_slug(struct arena *a, struct str title);
/* A number as people type it: Persian or Arabic digits, separators (, ٬ ، space _ and '.' groups of
 * three), optional "تومان". False when it is not one non-negative integer within int64. */
bool text_number(struct str s, int64_t *out);

/* Mobile: every spelling and digit script of an Iranian mobile number to "+989xxxxxxxxx"; NULL when
 * it is none. */
const char *text_mobile(struct arena *a, struct str s);
/* Mobile or landline to E.164 ("+98" + 10 digits); NULL when neither. */
const char *text_phone(struct arena *a, struct str s);
const char *text_mask_phone(struct arena *a, const char *e164); /* "+98912***6789" for logs */
bool text_province(const char *code);                                 /* "IR-00" … "IR-30" */
bool text_postal_code(struct arena *a, struct str s, const char **out); /* 10 digits, folded */
bool text_national_code(const char *ten_digits);                      /* checksum of کد ملی */
bool text_legal_id(const char *eleven_digits);                        /* checksum of a company's شناسه ملی */
bool text_goods_id(const char *thirteen_digits);                      /* شناسه کالا of the tax authority */
bool text_iban(struct arena *a, struct str s, const char **out); /* IR + 24 digits, mod 97 */

/* For showing: 0-9 to ۰-۹ when lang is fa. */
const char *text_digits(struct arena *a, const char *s, int lang);

#endif
