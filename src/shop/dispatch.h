/* When a parcel leaves the house and when it arrives: the days of the week on which the shop sends,
 * the hour until which an order goes on the same day, and days without work. Days are counted from
 * 1970-01-01 by the calendar of Tehran. Pure. Any process. */
#ifndef SHOP_DISPATCH_H
#define SHOP_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define DISPATCH_NEVER INT64_MIN

struct dispatch {
    int64_t now;             /* Unix seconds */
    bool sends[7];           /* from Saturday */
    int64_t cutoff_hour;     /* 0: always the next day; 24: the whole day */
    const int64_t *holidays; /* ascending or not */
    size_t n;
};

struct dispatch_promise {
    int64_t ships_on, arrives_by; /* days; DISPATCH_NEVER: the shop sends on no day */
};

/* `eta_days` are working days of the carrier: neither Fridays nor holidays. */
struct dispatch_promise dispatch_promise(const struct dispatch *d, int64_t eta_days);
const char *dispatch_date(struct arena *a, int64_t day); /* "2026-12-05"; NULL for DISPATCH_NEVER */

#endif
