/* Closed, open, half-open. */
#include "net/breaker.h"

#include <stdatomic.h>

static int64_t open_time(uint32_t failures)
{
    int64_t us = BREAKER_FIRST_US;
    for (uint32_t i = BREAKER_FAILURES; i < failures && us < BREAKER_CAP_US; i++)
        us *= 2;
    return us < BREAKER_CAP_US ? us : BREAKER_CAP_US;
}

bool breaker_allow(struct breaker_state *b, int64_t now_us)
{
    int64_t until = atomic_load(&b->open_until_us);
    if (until == 0)
        return true;
    if (now_us < until)
        return false;
    /* Many may see the end of the time; one moves it on and becomes the probe. */
    if (!atomic_compare_exchange_strong(&b->open_until_us, &until, now_us + BREAKER_PROBE_US))
        return false;
    atomic_store(&b->probing, 1);
    return true;
}

void breaker_answered(struct breaker_state *b)
{
    if (atomic_load(&b->failures) == 0 && atomic_load(&b->open_until_us) == 0)
        return; /* the usual case leaves the cache line alone */
    atomic_store(&b->failures, 0);
    atomic_store(&b->probing, 0);
    atomic_store(&b->open_until_us, 0);
}

void breaker_failed(struct breaker_state *b, int64_t now_us)
{
    uint32_t one = 1;
    bool probe = atomic_compare_exchange_strong(&b->probing, &one, 0);
    if (!probe && atomic_load(&b->open_until_us) != 0)
        return; /* began before it opened: already judged */
    uint32_t failures = atomic_fetch_add(&b->failures, 1) + 1;
    if (failures >= BREAKER_FAILURES)
        atomic_store(&b->open_until_us, now_us + open_time(failures));
}
