/* Switches and stop points of the test build. */
#include "core/test_hooks.h"

#ifdef TEST_HOOKS

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/str.h"

#define POLL_MS 2

static const char *operation;

static const char *points(void)
{
    const char *dir = getenv("TARAZU_TEST_POINTS");
    return dir && dir[0] ? dir : NULL;
}

bool test_omits(const char *what)
{
    char file[PATH_MAX];
    struct str rest = str_of(getenv("TARAZU_TEST_OMIT"));
    while (rest.n > 0)
        if (str_is(str_trim(str_cut(&rest, ',')), what))
            return true;
    if (!points())
        return false;
    snprintf(file, sizeof(file), "%s/%s.omit", points(), what);
    return access(file, F_OK) == 0;
}

void test_operation(const char *name)
{
    operation = name;
}

static void wait_while(const char *file)
{
    while (access(file, F_OK) == 0)
        clock_sleep_ms(POLL_MS);
}

/* Waits in DIR/NAME.hold, showing so by DIR/NAME.<pid>.at. */
static void hold(const char *mark, const char *gate)
{
    int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    wait_while(gate);
    unlink(mark);
}

static void come_to(const char *dir, const char *name)
{
    char gate[PATH_MAX], mark[PATH_MAX];
    snprintf(gate, sizeof(gate), "%s/%s.kill", dir, name);
    if (unlink(gate) == 0)
        raise(SIGKILL);
    snprintf(mark, sizeof(mark), "%s/%s.%d.at", dir, name, (int)getpid());
    snprintf(gate, sizeof(gate), "%s/%s.hold", dir, name);
    if (access(gate, F_OK) == 0)
        hold(mark, gate);
    snprintf(gate, sizeof(gate), "%s/%s.catch", dir, name);
    if (rename(gate, mark) == 0)
        wait_while(mark);
}

static void come_to_part(const char *dir, const char *name, const char *part)
{
    char whole[128];
    snprintf(whole, sizeof(whole), "%s.%s", name, part);
    come_to(dir, whole);
}

void test_point(const char *name)
{
    if (!points())
        return;
    come_to(points(), name);
    if (operation)
        come_to_part(points(), name, operation);
}

void test_point_of(const char *name, const char *part)
{
    test_point(name);
    if (points())
        come_to_part(points(), name, part);
}

#endif
