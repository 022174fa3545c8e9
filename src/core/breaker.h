/* The memory of one circuit breaker. It lies in the area that all workers of a host share (made by
 * proc/scoreboard) and is driven by net/breaker; nobody else writes it. Zeroed: closed. */
#ifndef CORE_BREAKER_H
#define CORE_BREAKER_H

#include <stdint.h>

struct breaker_state {
    _Atomic int64_t open_until_us; /* monotonic; 0: closed */
    _Atomic uint32_t failures;     /* in a row */
    _Atomic uint32_t probing;      /* 1: a half-open probe is under way */
};

#endif
