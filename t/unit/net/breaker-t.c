/* The circuit breaker under an injected clock. */
#include "net/breaker.h"

#include "tap.h"

#define S INT64_C(1000000)

static void fail_times(struct breaker_state *b, int n, int64_t now)
{
    for (int i = 0; i < n; i++)
        breaker_failed(b, now);
}

static void test_opening(void)
{
    struct breaker_state b = { 0 };
    fail_times(&b, 4, 1 * S);
    ok(breaker_allow(&b, 1 * S), "four failures in a row leave it closed");
    breaker_answered(&b);
    fail_times(&b, 4, 1 * S);
    ok(breaker_allow(&b, 1 * S), "an answer starts the count anew");
    fail_times(&b, 1, 1 * S);
    ok(!breaker_allow(&b, 1 * S), "the fifth opens it");
    ok(!breaker_allow(&b, 11 * S - 1), "for ten seconds");
    ok(breaker_allow(&b, 11 * S), "then one call passes");
    ok(!breaker_allow(&b, 11 * S), "and only one");
}

static void test_probe(void)
{
    struct breaker_state b = { 0 };
    fail_times(&b, 5, 0);
    ok(breaker_allow(&b, 10 * S), "a probe passes");
    breaker_answered(&b);
    ok(breaker_allow(&b, 10 * S) && breaker_allow(&b, 10 * S), "its answer closes the breaker");
    fail_times(&b, 4, 10 * S);
    ok(breaker_allow(&b, 10 * S), "with the count at zero");
}

static void test_doubling(void)
{
    static const int64_t want[] = { 10, 20, 40, 80, 120, 120 };
    struct breaker_state b = { 0 };
    int64_t now = 5 * S;
    fail_times(&b, 5, now);
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        is_int(b.open_until_us - now, want[i] * S, "time open doubles up to its cap");
        now = b.open_until_us;
        ok(breaker_allow(&b, now), "a probe passes");
        breaker_failed(&b, now);
    }
}

static void test_stragglers(void)
{
    struct breaker_state b = { 0 };
    fail_times(&b, 5, 0);
    fail_times(&b, 20, 1 * S);
    is_int(b.open_until_us, 10 * S, "calls that began before it opened do not lengthen it");
}

static void test_dead_probe(void)
{
    struct breaker_state b = { 0 };
    fail_times(&b, 5, 0);
    ok(breaker_allow(&b, 10 * S), "a probe passes and is never heard of again");
    ok(!breaker_allow(&b, 10 * S + BREAKER_PROBE_US - 1), "its lease is waited for");
    ok(breaker_allow(&b, 10 * S + BREAKER_PROBE_US), "then another may try");
}

int main(void)
{
    test_opening();
    test_probe();
    test_doubling();
    test_stragglers();
    test_dead_probe();
    return done();
}
