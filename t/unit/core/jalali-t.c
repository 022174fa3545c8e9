/* The calendar against known dates and itself. */
#include "core/jalali.h"

#include <time.h>

#include "core/arena.h"
#include "tap.h"

/* Public dates, days around leap days, and the years that the rule corrects (from ICU 78). */
static const struct {
    int year, month, day, g_year, g_month, g_day, weekday;
} known[] = {
    { 1178, 1, 1, 1799, 3, 21, 5 },   { 1285, 5, 14, 1906, 8, 6, 2 },
    { 1304, 1, 1, 1925, 3, 21, 0 },   { 1348, 10, 11, 1970, 1, 1, 5 },
    { 1357, 11, 22, 1979, 2, 11, 1 }, { 1375, 12, 30, 1997, 3, 20, 5 },
    { 1376, 1, 1, 1997, 3, 21, 6 },   { 1379, 12, 30, 2001, 3, 20, 3 },
    { 1391, 12, 30, 2013, 3, 20, 4 }, { 1399, 12, 30, 2021, 3, 20, 0 },
    { 1400, 1, 1, 2021, 3, 21, 1 },   { 1402, 12, 29, 2024, 3, 19, 3 },
    { 1403, 1, 1, 2024, 3, 20, 4 },   { 1403, 12, 30, 2025, 3, 20, 5 },
    { 1404, 1, 1, 2025, 3, 21, 6 },   { 1405, 9, 1, 2026, 11, 22, 1 },
    { 1408, 12, 30, 2030, 3, 20, 4 }, { 1502, 12, 29, 2124, 3, 19, 1 },
    { 1503, 1, 1, 2124, 3, 20, 2 },   { 1503, 12, 30, 2125, 3, 20, 3 },
    { 1601, 12, 29, 2223, 3, 20, 5 }, { 1602, 12, 30, 2224, 3, 20, 0 },
    { 1633, 12, 29, 2255, 3, 20, 3 },
};

static const int leaps[] = { 1370, 1375, 1379, 1383, 1387, 1391, 1395, 1399, 1403,
                             1408, 1412, 1416, 1420, 1424, 1428, 1432, 1436 };

/* Tehran noon of a Gregorian day. */
static int64_t noon(int year, int month, int day)
{
    struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12 };
    return (int64_t)timegm(&tm) - 12600;
}

static void test_known(void)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        int64_t at = noon(known[i].g_year, known[i].g_month, known[i].g_day);
        struct jalali j = jalali_from_unix(at);
        ok(j.year == known[i].year && j.month == known[i].month && j.day == known[i].day,
           "%d-%02d-%02d is %d/%d/%d", known[i].g_year, known[i].g_month, known[i].g_day, j.year,
           j.month, j.day);
        is_int(j.weekday, known[i].weekday, "its weekday");
        is_int(jalali_to_unix(known[i].year, known[i].month, known[i].day), at - 12 * 3600,
               "its midnight");
    }
}

static bool rule_33(int year)
{
    return (25 * year + 11) % 33 < 8;
}

/* The rule with its two corrections, written the other way round than in the code. */
static bool is_leap(int year)
{
    if (year == 1502 || year == 1601)
        return false;
    return year == 1503 || year == 1602 || rule_33(year);
}

static void test_leaps(void)
{
    unsigned wrong = 0;
    for (int year = 1178; year <= 1633; year++)
        wrong += jalali_leap(year) != is_leap(year);
    is_int(wrong, 0, "leap years follow the 33-year rule and its corrections");
    for (int year = 1370, i = 0; year < 1440; year++) {
        bool listed = i < (int)(sizeof(leaps) / sizeof(leaps[0])) && leaps[i] == year;
        i += listed;
        if (jalali_leap(year) != listed)
            ok(false, "leap year %d", year);
    }
    ok(jalali_leap(1403) && !jalali_leap(1404) && jalali_leap(1408), "the years around us");
}

/* Every day from 1178 to 1633 follows the day before it and comes back from its midnight. */
static void test_round_trips(void)
{
    unsigned wrong = 0;
    struct jalali before = jalali_from_unix(jalali_to_unix(1178, 1, 1) - 1);
    int64_t last = jalali_to_unix(1633, 12, 29);
    for (int64_t at = jalali_to_unix(1178, 1, 1); at <= last; at += 86400) {
        struct jalali j = jalali_from_unix(at), end = jalali_from_unix(at + 86399);
        bool next_day = j.year == before.year && j.month == before.month && j.day == before.day + 1;
        bool next_month = j.day == 1 && before.day >= 29 &&
                          (j.month == before.month + 1 ||
                           (j.month == 1 && before.month == 12 && j.year == before.year + 1));
        wrong += !(next_day || next_month) || !jalali_valid(j.year, j.month, j.day) ||
                 jalali_to_unix(j.year, j.month, j.day) != at || end.day != j.day ||
                 j.weekday != (before.weekday + 1) % 7 || j.hour != 0 || end.hour != 23 ||
                 end.minute != 59;
        before = j;
    }
    is_int(wrong, 0, "every day of 456 years");
}

static void test_valid(void)
{
    ok(jalali_valid(1403, 12, 30) && !jalali_valid(1404, 12, 30), "30 Esfand");
    ok(jalali_valid(1404, 6, 31) && !jalali_valid(1404, 7, 31), "31 days in the first half");
    ok(!jalali_valid(1404, 0, 1) && !jalali_valid(1404, 13, 1) && !jalali_valid(1404, 1, 0) &&
           !jalali_valid(1177, 1, 1) && !jalali_valid(1634, 1, 1), "outside");
}

static void test_text(struct arena *a)
{
    int64_t at = noon(2026, 11, 22) + 2 * 3600 + 5 * 60;
    is_str(jalali_date(a, at, LANG_FA), "۱ آذر ۱۴۰۵", "date");
    is_str(jalali_date(a, at, LANG_EN), "22 November 2026", "date in English");
    is_str(jalali_datetime(a, at, LANG_FA), "۱ آذر ۱۴۰۵، ساعت ۱۴:۰۵", "date and time");
    is_str(jalali_datetime(a, at, LANG_EN), "22 November 2026, 14:05", "in English");
    is_str(jalali_short(a, at, LANG_FA), "۱۴۰۵/۰۹/۰۱", "short");
    is_str(jalali_short(a, at, LANG_EN), "2026-11-22", "short in English");
    is_str(jalali_short(a, noon(2026, 11, 22) + 43199, LANG_EN), "2026-11-22", "until midnight");
    is_str(jalali_short(a, noon(2026, 11, 22) + 43200, LANG_EN), "2026-11-23", "in Tehran");
}

int main(void)
{
    struct arena *a = arena_create("test");
    test_known();
    test_leaps();
    test_round_trips();
    test_valid();
    test_text(a);
    arena_destroy(a);
    return done();
}
