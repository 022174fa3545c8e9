/* Clocks. Time that decides anything is the database's; these are for logs, time-outs and reading
 * RFC 3339. Any process. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"

struct arena;

int64_t clock_unix(void);         /* wall clock, seconds: for signatures and logs */
int64_t clock_micros(void);       /* wall clock, microseconds since 1970: for log lines and traces */
int64_t clock_monotonic_us(void); /* for durations */
int64_t clock_cpu_us(void);       /* processor time of this process so far, microseconds */
void clock_sleep_ms(int ms);      /* restarts after signals */
const char *clock_rfc3339(struct arena *a, int64_t seconds); /* "2026-11-23T05:19:00Z" */
/* RFC 3339 with zone (Z or ±hh:mm, optional fraction) to Unix seconds. */
bool clock_parse_rfc3339(struct str s, int64_t *out);

#endif
