/* The Iranian calendar by the 33-year rule and its corrections. */
#include "core/jalali.h"

#include <time.h>

#include "core/arena.h"
#include "core/text.h"

#define TEHRAN_SECONDS 12600 /* east of UTC */
#define DAY_SECONDS 86400
#define FIRST_YEAR 1178
#define LAST_YEAR 1633
/* Day of 1 Farvardin 1, counted from 1 January 1970 (Julian days 1948320 and 2440588). */
#define EPOCH_DAY (-492268)

/* Years that the 33-year rule takes for leap years while the equinox at 52.5° E makes the following
 * one a leap year. */
static const int late_leaps[] = { 1502, 1601 };

static const char *const months_fa[] = {
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور",
    "مهر",     "آبان",     "آذر",   "دی",  "بهمن",  "اسفند",
};
static const char *const months_en[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December",
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool is_late_leap(int year)
{
    for (size_t i = 0; i < sizeof(late_leaps) / sizeof(late_leaps[0]); i++)
        if (late_leaps[i] == year)
            return true;
    return false;
}

/* Days since 1970 of 1 Farvardin. */
static int64_t new_year(int64_t year)
{
    int64_t day = EPOCH_DAY + 365 * (year - 1) + floor_div(8 * year + 21, 33);
    return day - is_late_leap((int)year - 1);
}

static int days_before_month(int month)
{
    return month <= 7 ? (month - 1) * 31 : 186 + (month - 7) * 30;
}

static int month_days(int year, int month)
{
    if (month <= 6)
        return 31;
    return month < 12 || jalali_leap(year) ? 30 : 29;
}

/* The Gregorian date of the Tehran day. */
static struct tm tehran_gregorian(int64_t seconds)
{
    time_t local = (time_t)(seconds + TEHRAN_SECONDS);
    struct tm tm;
    gmtime_r(&local, &tm);
    return tm;
}

struct jalali jalali_from_unix(int64_t seconds)
{
    int64_t local = seconds + TEHRAN_SECONDS;
    int64_t day = floor_div(local, DAY_SECONDS);
    int minute = (int)(local - day * DAY_SECONDS) / 60;
    int64_t year = 1 + floor_div(33 * (day - EPOCH_DAY), 12053); /* 33 years have 12053 days */
    while (new_year(year) > day)
        year--;
    while (new_year(year + 1) <= day)
        year++;
    struct jalali j = { .year = (int)year, .hour = minute / 60, .minute = minute % 60 };
    int of_year = (int)(day - new_year(year));
    j.month = of_year < 186 ? of_year / 31 + 1 : (of_year - 186) / 30 + 7;
    j.day = of_year - days_before_month(j.month) + 1;
    j.weekday = (int)(day + 5 - 7 * floor_div(day + 5, 7)); /* 1 January 1970 was a Thursday */
    return j;
}

bool jalali_valid(int year, int month, int day)
{
    return year >= FIRST_YEAR && year <= LAST_YEAR && month >= 1 && month <= 12 && day >= 1 &&
           day <= month_days(year, month);
}

int64_t jalali_to_unix(int year, int month, int day)
{
    return (new_year(year) + days_before_month(month) + day - 1) * DAY_SECONDS - TEHRAN_SECONDS;
}

bool jalali_leap(int year)
{
    return new_year((int64_t)year + 1) - new_year(year) == 366;
}

const char *jalali_date(struct arena *a, int64_t seconds, enum lang lang)
{
    if (lang == LANG_EN) {
        struct tm tm = tehran_gregorian(seconds);
        return arena_printf(a, "%d %s %d", tm.tm_mday, months_en[tm.tm_mon], tm.tm_year + 1900);
    }
    struct jalali j = jalali_from_unix(seconds);
    const char *text = arena_printf(a, "%d %s %d", j.day, months_fa[j.month - 1], j.year);
    return text_digits(a, text, (int)lang);
}

const char *jalali_datetime(struct arena *a, int64_t seconds, enum lang lang)
{
    struct jalali j = jalali_from_unix(seconds);
    const char *date = jalali_date(a, seconds, lang);
    if (lang == LANG_EN)
        return arena_printf(a, "%s, %02d:%02d", date, j.hour, j.minute);
    return text_digits(a, arena_printf(a, "%s، ساعت %02d:%02d", date, j.hour, j.minute), (int)lang);
}

const char *jalali_short(struct arena *a, int64_t seconds, enum lang lang)
{
    if (lang == LANG_EN) {
        struct tm tm = tehran_gregorian(seconds);
        return arena_printf(a, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    }
    struct jalali j = jalali_from_unix(seconds);
    return text_digits(a, arena_printf(a, "%04d/%02d/%02d", j.year, j.month, j.day), (int)lang);
}
