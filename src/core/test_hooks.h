/* Switches and stop points that exist only in the test build (--enable-test-hooks); elsewhere they
 * compile to nothing. Set by environment variables of the server:
 *   TARAZU_TEST_OMIT=advisory,row     leave out a kind of lock or another guard
 *   TARAZU_TEST_POINTS=DIR            stop points: on reaching point NAME the process looks for
 *       DIR/NAME.kill (removes it and dies by SIGKILL), DIR/NAME.hold (writes DIR/NAME.<pid>.at and
 *       waits until DIR/NAME.hold is gone, then removes its .at file) or DIR/NAME.catch (the first one
 *       to come renames it to DIR/NAME.<pid>.at and waits until that is gone; others pass).
 *       Every point is there twice: for everybody, and as NAME.OPERATION for the route or kind of job
 *       alone. DIR/GUARD.omit leaves a guard out while it exists. */
#ifndef CORE_TEST_HOOKS_H
#define CORE_TEST_HOOKS_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdbool.h>

#ifdef TEST_HOOKS
bool test_omits(const char *what);
void test_point(const char *name);
void test_point_of(const char *name, const char *part); /* the points NAME and NAME.PART */
void test_operation(const char *name); /* what the process does now: kept, not copied */
#else
static inline bool test_omits(const char *what)
{
    (void)what;
    return false;
}
static inline void test_point(const char *name)
{
    (void)name;
}
static inline void test_point_of(const char *name, const char *part)
{
    (void)name;
    (void)part;
}
static inline void test_operation(const char *name)
{
    (void)name;
}
#endif

#endif
