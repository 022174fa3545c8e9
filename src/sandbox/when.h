/* Time as microseconds since 1970 (UTC), and how the outside world writes it. */
#ifndef SANDBOX_WHEN_H
#define SANDBOX_WHEN_H

#include <stddef.h>
#include <stdint.h>

#define WHEN_TEXT 40

int64_t when_now(void);
const char *when_rfc3339(int64_t us, char out[WHEN_TEXT]); /* 2026-01-02T03:04:05.678901Z */
/* Tehran local time (+03:30) without a zone, as the gateway writes it. */
const char *when_tehran(int64_t us, char out[WHEN_TEXT]);
const char *when_clock(int64_t us, char out[WHEN_TEXT]); /* Tehran HH:MM:SS, for pages */

#endif
