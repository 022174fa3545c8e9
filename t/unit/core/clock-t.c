/* RFC 3339 and the order of clock readings. */
#include "core/clock.h"

#include "core/arena.h"
#include "tap.h"

static const struct {
    const char *text;
    bool good;
    int64_t seconds;
} rows[] = {
    { "1970-01-01T00:00:00Z", true, 0 },
    { "2026-11-23T05:19:00Z", true, 1795411140 },
    { "2026-11-23t05:19:00z", true, 1795411140 },
    { "2026-11-23T08:49:00+03:30", true, 1795411140 },
    { "2026-11-22T21:19:00-08:00", true, 1795411140 },
    { "2026-11-23T05:19:00.123456Z", true, 1795411140 },
    { "2024-02-29T00:00:00Z", true, 1709164800 },
    { "1969-12-31T23:59:59Z", true, -1 },
    { "2016-12-31T23:59:60Z", true, 1483228800 },
    { "2026-02-29T00:00:00Z", false, 0 },
    { "2026-04-31T00:00:00Z", false, 0 },
    { "2026-13-01T00:00:00Z", false, 0 },
    { "2026-11-23T24:00:00Z", false, 0 },
    { "2026-11-23T05:60:00Z", false, 0 },
    { "2026-11-23T05:19:00", false, 0 },
    { "2026-11-23T05:19:00.Z", false, 0 },
    { "2026-11-23T05:19:00+0330", false, 0 },
    { "2026-11-23T05:19:00+03:30x", false, 0 },
    { "2026-11-23 05:19:00Z", false, 0 },
    { "2026-11-23", false, 0 },
    { "-026-11-23T05:19:00Z", false, 0 },
    { "2026-11-23T05:19:00Z ", false, 0 },
    { "", false, 0 },
};

int main(void)
{
    struct arena *a = arena_create("test");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t got = 0;
        bool good = clock_parse_rfc3339(str_of(rows[i].text), &got);
        ok(good == rows[i].good && got == rows[i].seconds, "parse «%s»", rows[i].text);
    }
    is_str(clock_rfc3339(a, 1795411140), "2026-11-23T05:19:00Z", "write");
    is_str(clock_rfc3339(a, -1), "1969-12-31T23:59:59Z", "write before 1970");
    for (int64_t t = -5000000000; t < 20000000000; t += 777777777) {
        int64_t back = 0;
        if (!clock_parse_rfc3339(str_of(clock_rfc3339(a, t)), &back) || back != t)
            ok(false, "round trip of %" PRId64, t);
    }
    int64_t before = clock_monotonic_us();
    clock_sleep_ms(20);
    ok(clock_monotonic_us() - before >= 20000, "a sleep is not shorter than asked for");
    int64_t micros = clock_micros();
    ok(clock_unix() >= micros / 1000000, "seconds and microseconds are one clock");
    arena_destroy(a);
    return done();
}
