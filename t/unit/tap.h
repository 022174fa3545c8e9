/* TAP for C unit tests: a whole test program in a few macros. Each check prints the place and, on
 * failure, both values. `done()` prints the plan, so a program that dies early fails. */
#ifndef T_UNIT_TAP_H
#define T_UNIT_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count;
static int tap_failed;

__attribute__((format(printf, 4, 5), unused)) static bool
tap_check(bool pass, const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    printf("%sok %d - ", pass ? "" : "not ", ++tap_count);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    if (!pass) {
        tap_failed++;
        printf("# at %s:%d\n", file, line);
    }
    return pass;
}

__attribute__((unused)) static bool tap_int(int64_t got, int64_t want, const char *file, int line,
                                            const char *name)
{
    if (tap_check(got == want, file, line, "%s", name))
        return true;
    printf("#   got %" PRId64 "\n#  want %" PRId64 "\n", got, want);
    return false;
}

__attribute__((unused)) static bool tap_str(const char *got, const char *want, const char *file,
                                            int line, const char *name)
{
    bool same = got == want || (got && want && strcmp(got, want) == 0);
    if (tap_check(same, file, line, "%s", name))
        return true;
    printf("#   got «%s»\n#  want «%s»\n", got ? got : "(null)", want ? want : "(null)");
    return false;
}

#define ok(cond, ...) tap_check(cond, __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, name) tap_int(got, want, __FILE__, __LINE__, name)
#define is_str(got, want, name) tap_str(got, want, __FILE__, __LINE__, name)

__attribute__((unused)) static int done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed ? 1 : 0;
}

#endif
