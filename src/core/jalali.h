/* The Iranian calendar. Days are converted at Asia/Tehran midnight (UTC+03:30, no daylight saving
 * since September 2022). Valid for 1178–1633 AP, where the 2820- and 33-year rules agree with the
 * official calendar. Pure. Any process. */
#ifndef CORE_JALALI_H
#define CORE_JALALI_H

#include <stdbool.h>
#include <stdint.h>

#include "core/lang.h"

struct arena;

struct jalali {
    int year, month, day; /* month 1–12 */
    int weekday;          /* 0 Saturday … 6 Friday */
    int hour, minute;     /* Tehran local time */
};

struct jalali jalali_from_unix(int64_t seconds);
bool jalali_valid(int year, int month, int day);
int64_t jalali_to_unix(int year, int month, int day); /* that day's Tehran midnight, UTC seconds */
bool jalali_leap(int year);

/* "۱ آذر ۱۴۰۵" / "22 November 2026" (Tehran day in both). */
const char *jalali_date(struct arena *a, int64_t seconds, enum lang lang);
/* "۱ آذر ۱۴۰۵، ساعت ۱۴:۰۵" / "22 November 2026, 14:05". */
const char *jalali_datetime(struct arena *a, int64_t seconds, enum lang lang);
/* "۱۴۰۵/۰۹/۰۱" / "2026-11-22". */
const char *jalali_short(struct arena *a, int64_t seconds, enum lang lang);

#endif
