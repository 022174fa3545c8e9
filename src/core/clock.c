/* The host's clocks and RFC 3339. */
#include "core/clock.h"

#include <errno.h>
#include <time.h>

#include "core/arena.h"

static int64_t now_us(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Takes exactly n digits off the front, giving a number within [low, high]. */
static bool take_number(struct str *s, size_t n, int low, int high, int *out)
{
    int64_t value;
    if (s->n < n || s->p[0] == '-' || !str_int((struct str){ s->p, n }, &value))
        return false;
    s->p += n;
    s->n -= n;
    *out = (int)value;
    return value >= low && value <= high;
}

/* Takes one byte off the front when it is `upper` or its lower-case form. */
static bool take_char(struct str *s, char upper)
{
    if (s->n == 0 || (s->p[0] != upper && (upper < 'A' || s->p[0] != (upper | 0x20))))
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool take_fraction(struct str *s)
{
    if (!take_char(s, '.'))
        return true;
    size_t digits = 0;
    while (s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9')
        s->p++, s->n--, digits++;
    return digits > 0;
}

/* The zone at the end, as seconds to the east. */
static bool take_zone(struct str *s, int64_t *east)
{
    *east = 0;
    if (take_char(s, 'Z'))
        return s->n == 0;
    int sign = s->n > 0 && s->p[0] == '-' ? -1 : 1;
    int hours, minutes;
    if (!take_char(s, '+') && !take_char(s, '-'))
        return false;
    if (!take_number(s, 2, 0, 23, &hours) || !take_char(s, ':') ||
        !take_number(s, 2, 0, 59, &minutes))
        return false;
    *east = sign * (hours * 3600 + minutes * 60);
    return s->n == 0;
}

int64_t clock_unix(void)
{
    return now_us(CLOCK_REALTIME) / 1000000;
}

int64_t clock_micros(void)
{
    return now_us(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_cpu_us(void)
{
    return now_us(CLOCK_PROCESS_CPUTIME_ID);
}

void clock_sleep_ms(int ms)
{
    if (ms <= 0)
        return;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}

const char *clock_rfc3339(struct arena *a, int64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    gmtime_r(&t, &tm);
    return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                        tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

bool clock_parse_rfc3339(struct str s, int64_t *out)
{
    struct tm tm = { 0 };
    int year, month;
    int64_t east;
    if (!take_number(&s, 4, 0, 9999, &year) || !take_char(&s, '-') ||
        !take_number(&s, 2, 1, 12, &month) || !take_char(&s, '-') ||
        !take_number(&s, 2, 1, 31, &tm.tm_mday) || !take_char(&s, 'T') ||
        !take_number(&s, 2, 0, 23, &tm.tm_hour) || !take_char(&s, ':') ||
        !take_number(&s, 2, 0, 59, &tm.tm_min) || !take_char(&s, ':') ||
        !take_number(&s, 2, 0, 60, &tm.tm_sec) || !take_fraction(&s) || !take_zone(&s, &east))
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    struct tm day = { .tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday };
    timegm(&day);
    if (day.tm_mday != tm.tm_mday) /* 31 April became 1 May */
        return false;
    *out = (int64_t)timegm(&tm) - east;
    return true;
}
