/* Clock reading and time formats. */
#include "sandbox/when.h"

#include <stdio.h>
#include <time.h>

#define TEHRAN_OFFSET_S (3 * 3600 + 30 * 60)

int64_t when_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static struct tm broken_down(int64_t us, int offset_s)
{
    time_t s = (time_t)(us / 1000000 + offset_s);
    struct tm tm;
    gmtime_r(&s, &tm);
    return tm;
}

static void write_date_time(int64_t us, int offset_s, const char *zone, char out[WHEN_TEXT])
{
    struct tm tm = broken_down(us, offset_s);
    snprintf(out, WHEN_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%06d%s", (tm.tm_year + 1900) % 10000,
             tm.tm_mon % 12 + 1, tm.tm_mday % 32, tm.tm_hour % 24, tm.tm_min % 60, tm.tm_sec % 61,
             (int)(us % 1000000), zone);
}

const char *when_rfc3339(int64_t us, char out[WHEN_TEXT])
{
    write_date_time(us, 0, "Z", out);
    return out;
}

const char *when_tehran(int64_t us, char out[WHEN_TEXT])
{
    write_date_time(us, TEHRAN_OFFSET_S, "", out);
    return out;
}

const char *when_clock(int64_t us, char out[WHEN_TEXT])
{
    struct tm tm = broken_down(us, TEHRAN_OFFSET_S);
    snprintf(out, WHEN_TEXT, "%02d:%02d:%02d", tm.tm_hour % 24, tm.tm_min % 60, tm.tm_sec % 61);
    return out;
}
