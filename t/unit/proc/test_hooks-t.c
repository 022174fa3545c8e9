/* Switches and stop points: they work in the test build and are nothing in any other. */
#include "core/test_hooks.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "tap.h"

#ifdef TEST_HOOKS
#define COMPILED_IN true
#else
#define COMPILED_IN false
#endif

static char folder[40];

static const char *path(const char *name)
{
    static char text[100];
    snprintf(text, sizeof(text), "%s/%s", folder, name);
    return text;
}

static void touch(const char *name)
{
    close(open(path(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static bool exists(const char *name)
{
    return access(path(name), F_OK) == 0;
}

static pid_t reach(const char *name)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        test_point(name);
        _exit(7);
    }
    return pid;
}

static int end_of(pid_t pid)
{
    int status;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_hold(void)
{
    char mark[40];
    touch("b.hold");
    pid_t pid = reach("b");
    snprintf(mark, sizeof(mark), "b.%d.at", (int)pid);
    for (int i = 0; i < 3000 && COMPILED_IN && !exists(mark); i++)
        clock_sleep_ms(10);
    ok(exists(mark) == COMPILED_IN, "a held process shows where it is");
    unlink(path("b.hold"));
    is_int(end_of(pid), 7, "and goes on when the gate is taken away");
    ok(!exists(mark), "taking its mark with it");
}

static void test_catch(void)
{
    char mark[40];
    touch("c.ORDER.catch");
    test_operation("CART");
    is_int(end_of(reach("c")), 7, "another operation passes the point of one");
    test_operation("ORDER");
    pid_t pid = reach("c");
    snprintf(mark, sizeof(mark), "c.ORDER.%d.at", (int)pid);
    for (int i = 0; i < 3000 && COMPILED_IN && !exists(mark); i++)
        clock_sleep_ms(10);
    ok(exists(mark) == COMPILED_IN, "its own is caught there");
    is_int(end_of(reach("c")), 7, "alone: the next one passes");
    unlink(path(mark));
    is_int(end_of(pid), 7, "and goes on when its mark is taken away");
    unlink(path("c.ORDER.catch"));
    test_operation(NULL);
}

static void test_omit_file(void)
{
    touch("check.omit");
    ok(test_omits("check") == COMPILED_IN, "a file leaves a guard out too");
    unlink(path("check.omit"));
    ok(!test_omits("check"), "while it is there");
}

int main(void)
{
    setenv("TARAZU_TEST_OMIT", "advisory, row", 1);
    ok(test_omits("advisory") == COMPILED_IN, "first switch");
    ok(test_omits("row") == COMPILED_IN, "second switch");
    ok(!test_omits("check") && !test_omits("adv"), "no other");
    snprintf(folder, sizeof(folder), "/tmp/tarazu-points-XXXXXX");
    if (!ok(mkdtemp(folder) != NULL, "a folder"))
        return done();
    is_int(end_of(reach("a")), 7, "no points: nothing happens");
    setenv("TARAZU_TEST_POINTS", folder, 1);
    is_int(end_of(reach("a")), 7, "no gate: nothing happens");
    touch("a.kill");
    is_int(end_of(reach("a")), COMPILED_IN ? -SIGKILL : 7, "a kill gate kills");
    is_int(end_of(reach("a")), 7, "once");
    unlink(path("a.kill"));
    test_hold();
    test_catch();
    test_omit_file();
    rmdir(folder);
    return done();
}
