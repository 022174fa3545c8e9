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

#define POLL_MS 5

bool test_omits(const char *what)
{
    struct str rest = str_of(getenv("TARAZU_TEST_OMIT"));
    while (rest.n > 0)
        if (str_is(str_trim(str_cut(&rest, ',')), what))
            return true;
    return false;
}

/* Waits in DIR/NAME.hold, showing so by DIR/NAME.<pid>.at. */
static void hold(const char *dir, const char *name, const char *gate)
{
    char mark[PATH_MAX];
    snprintf(mark, sizeof(mark), "%s/%s.%d.at", dir, name, (int)getpid());
    int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    while (access(gate, F_OK) == 0)
        clock_sleep_ms(POLL_MS);
    unlink(mark);
}

void test_point(const char *name)
{
    const char *dir = getenv("TARAZU_TEST_POINTS");
    if (!dir || dir[0] == '\0')
        return;
    char gate[PATH_MAX];
    snprintf(gate, sizeof(gate), "%s/%s.kill", dir, name);
    if (unlink(gate) == 0)
        raise(SIGKILL);
    snprintf(gate, sizeof(gate), "%s/%s.hold", dir, name);
    if (access(gate, F_OK) == 0)
        hold(dir, name, gate);
}

void test_point_of(const char *name, const char *part)
{
    char whole[128];
    test_point(name);
    snprintf(whole, sizeof(whole), "%s.%s", name, part);
    test_point(whole);
}

#endif
