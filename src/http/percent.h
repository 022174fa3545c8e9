/* Percent-encoding (RFC 3986) of paths, queries and forms. Pure. Any process. */
#ifndef HTTP_PERCENT_H
#define HTTP_PERCENT_H

#include <stdbool.h>

#include "core/str.h"

struct arena;

/* Decoded once into arena-owned text; `plus` makes '+' a space (queries and forms). NULL for a
 * broken escape, a NUL byte, or what is not valid UTF-8. */
const char *percent_decode(struct arena *a, struct str s, bool plus);
/* Everything but unreserved characters is escaped: the result fits into one query value. */
const char *percent_encode(struct arena *a, const char *s);
/* A whole URL or path made safe for a header: only bytes that may not stand in a URL are
 * escaped. */
const char *percent_encode_url(struct arena *a, const char *s);

#endif
