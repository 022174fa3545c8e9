/* How fast a service's workers are replaced: at once, but slower and slower while they die young,
 * so that a crash loop cannot melt the machine or the database. Pure; the caller gives the time
 * (microseconds, monotonic). Master process. */
#ifndef PROC_THROTTLE_H
#define PROC_THROTTLE_H

#include <stdint.h>

#define THROTTLE_YOUNG_US INT64_C(5000000)  /* a shorter life is a young death */
#define THROTTLE_FIRST_US INT64_C(100000)   /* first delay; doubled by every further round */
#define THROTTLE_CAP_US INT64_C(10000000)
#define THROTTLE_FORGET_US INT64_C(30000000) /* so long without a young death: from the start */

struct throttle { /* zeroed: no delay */
    int64_t delay_us;
    int64_t raised_us;     /* when the delay was last doubled */
    int64_t not_before_us; /* no start before this */
};

/* A worker that was started at started_us has died at now_us. Workers that were started before the
 * last doubling belong to the round that caused it and do not double again. */
void throttle_death(struct throttle *t, int64_t started_us, int64_t now_us);
int64_t throttle_wait(const struct throttle *t, int64_t now_us); /* microseconds; 0: start now */

#endif
