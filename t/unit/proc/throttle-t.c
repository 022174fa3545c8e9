/* Respawn delays under an injected clock. */
#include "proc/throttle.h"

#include "tap.h"

#define MS INT64_C(1000)

/* A worker is started as soon as allowed and dies 1 ms later; returns the delay that follows. */
static int64_t crash(struct throttle *t, int64_t *now)
{
    *now += throttle_wait(t, *now);
    int64_t started = *now;
    *now += 1 * MS;
    throttle_death(t, started, *now);
    return throttle_wait(t, *now);
}

static void test_doubling(void)
{
    static const int64_t want[] = { 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000 };
    struct throttle t = { 0 };
    int64_t now = 1000 * MS;
    is_int(throttle_wait(&t, now), 0, "the first start is immediate");
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        is_int(crash(&t, &now), want[i] * MS, "delay doubles up to its cap");
}

static void test_reset(void)
{
    struct throttle t = { 0 };
    int64_t now = 0;
    crash(&t, &now);
    crash(&t, &now);
    now += throttle_wait(&t, now);
    throttle_death(&t, now, now + THROTTLE_YOUNG_US);
    is_int(throttle_wait(&t, now + THROTTLE_YOUNG_US), 0, "an older worker is replaced at once");
    now += THROTTLE_YOUNG_US;
    is_int(crash(&t, &now), 100 * MS, "and the delays start anew");
}

static void test_round(void)
{
    struct throttle t = { 0 };
    throttle_death(&t, 0, 5 * MS);
    throttle_death(&t, 0, 6 * MS);
    throttle_death(&t, 1 * MS, 7 * MS);
    is_int(t.delay_us, 100 * MS, "workers that die together count once");
    is_int(throttle_wait(&t, 7 * MS), 98 * MS, "from the first of them");
}

static void test_forgetting(void)
{
    struct throttle t = { 0 };
    int64_t now = 0;
    for (int i = 0; i < 5; i++)
        crash(&t, &now);
    now += THROTTLE_FORGET_US + 1;
    is_int(crash(&t, &now), 100 * MS, "old trouble is forgotten");
}

int main(void)
{
    test_doubling();
    test_reset();
    test_round();
    test_forgetting();
    return done();
}
