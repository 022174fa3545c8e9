/* Respawn delays: 100 ms doubling to 10 s. */
#include "proc/throttle.h"

#include <stdbool.h>
#include <string.h>

void throttle_death(struct throttle *t, int64_t started_us, int64_t now_us)
{
    if (now_us - started_us >= THROTTLE_YOUNG_US) {
        memset(t, 0, sizeof(*t));
        return;
    }
    bool same_round = t->delay_us > 0 && started_us < t->raised_us;
    if (same_round)
        return;
    if (t->delay_us == 0 || now_us - t->raised_us > THROTTLE_FORGET_US)
        t->delay_us = THROTTLE_FIRST_US;
    else
        t->delay_us = t->delay_us * 2 < THROTTLE_CAP_US ? t->delay_us * 2 : THROTTLE_CAP_US;
    t->raised_us = now_us;
    t->not_before_us = now_us + t->delay_us;
}

int64_t throttle_wait(const struct throttle *t, int64_t now_us)
{
    return t->not_before_us > now_us ? t->not_before_us - now_us : 0;
}
