/* Circuit breaker of one host, over memory that all workers of the machine share. Closed: calls
 * pass. Five failures in a row open it for 10 s; then one call is let through as a probe: its
 * answer closes the breaker, its failure opens it for twice as long (up to 2 min). A probe whose
 * process dies is given up after its lease. Pure; the caller gives the monotonic time. Any
 * process. */
#ifndef NET_BREAKER_H
#define NET_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/breaker.h"

#define BREAKER_FAILURES 5
#define BREAKER_FIRST_US INT64_C(10000000)
#define BREAKER_CAP_US INT64_C(120000000)
#define BREAKER_PROBE_US INT64_C(15000000) /* longer than any call may take */

bool breaker_allow(struct breaker_state *b, int64_t now_us);
void breaker_answered(struct breaker_state *b);
void breaker_failed(struct breaker_state *b, int64_t now_us);

#endif
