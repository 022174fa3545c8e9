/* Days of sending and of arrival. */
#include "shop/dispatch.h"

#include "core/arena.h"
#include "core/clock.h"
#include "core/jalali.h"

#define DAY INT64_C(86400)
#define TEHRAN INT64_C(12600) /* +03:30 */
#define FRIDAY 6
#define LOOK_AHEAD 400 /* days; a shop that finds none by then sends never */

static int weekday(int64_t day)
{
    return (int)((day + 5) % 7); /* 1970-01-01 was a Thursday */
}

static bool holiday(const struct dispatch *d, int64_t day)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->holidays[i] == day)
            return true;
    return false;
}

static int64_t first_sending_day(const struct dispatch *d, int64_t from)
{
    for (int64_t day = from; day < from + LOOK_AHEAD; day++)
        if (d->sends[weekday(day)] && !holiday(d, day))
            return day;
    return DISPATCH_NEVER;
}

struct dispatch_promise dispatch_promise(const struct dispatch *d, int64_t eta_days)
{
    bool today = jalali_from_unix(d->now).hour < d->cutoff_hour;
    int64_t day = first_sending_day(d, (d->now + TEHRAN) / DAY + (today ? 0 : 1));
    struct dispatch_promise p = { day, day };
    if (day == DISPATCH_NEVER)
        return p;
    while (eta_days > 0) {
        p.arrives_by++;
        if (weekday(p.arrives_by) != FRIDAY && !holiday(d, p.arrives_by))
            eta_days--;
    }
    return p;
}

const char *dispatch_date(struct arena *a, int64_t day)
{
    return day == DISPATCH_NEVER ? NULL : arena_printf(a, "%.10s", clock_rfc3339(a, day * DAY));
}
