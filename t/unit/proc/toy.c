/* The toy shop of the supervisor's tests. */
#include "proc/toy.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/assert.h"
#include "core/clock.h"
#include "core/log.h"
#include "proc/scoreboard.h"
#include "proc/supervisor.h"

struct toy_shared *toy;
static char folder[40];

static unsigned own_generation(size_t slot)
{
    struct scoreboard_entry e;
    scoreboard_read(slot, &e);
    return e.generation;
}

static void say(int fd, const char *text)
{
    while (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 && errno == EINTR)
        continue;
}

static void obey(int fd, char command, size_t slot)
{
    char line[64];
    snprintf(line, sizeof(line), "%d %u\n", (int)getpid(), own_generation(slot));
    if (command != 'a')
        say(fd, line);
    if (command == 'l')
        log_info("a line from a worker");
    if (command == 's')
        for (;;)
            pause();
    ASSERT(command != 'a');
    while (command == 'h' && !toy->open_gate)
        clock_sleep_ms(5);
    if (command == 'h')
        say(fd, "done\n");
}

static int run_web(const struct service *self, size_t slot, void *arg)
{
    (void)arg;
    if (toy->broken)
        return 4;
    scoreboard_idle();
    while (!worker_should_stop()) {
        char command = 0;
        int fd = accept(self->listen_fd, NULL, NULL);
        if (fd < 0 && errno == EINTR)
            continue;
        if (fd < 0)
            return 0;
        while (recv(fd, &command, 1, 0) < 0 && errno == EINTR)
            continue;
        scoreboard_busy(command, "req-1");
        obey(fd, command, slot);
        close(fd);
        scoreboard_idle();
    }
    return 0;
}

static int run_crashing(const struct service *self, size_t slot, void *arg)
{
    (void)self, (void)slot, (void)arg;
    int n = toy->starts++;
    if (n < TOY_STARTS_MAX)
        toy->started_us[n] = clock_monotonic_us();
    return 3;
}

static int run_idle(const struct service *self, size_t slot, void *arg)
{
    (void)self, (void)slot, (void)arg;
    scoreboard_idle();
    while (!worker_should_stop())
        worker_sleep(60000);
    return 0;
}

static const char *work_name(int service, int route)
{
    static const struct {
        int service, route;
        const char *name;
    } names[] = { { 0, 'p', "toy.ping" }, { 0, 'h', "toy.hold" }, { 0, 's', "toy.stuck" },
                  { 0, 'a', "toy.assert" }, { 0, 'l', "toy.log" } };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].service == service && names[i].route == route)
            return names[i].name;
    return NULL;
}

static bool reload(struct supervisor *self, void *arg)
{
    (void)arg;
    int count = toy->web_count;
    if (count > 0)
        self->services[0].count = count;
    toy->reloads++;
    return count > 0;
}

static int listen_at(const char *path)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0 || listen(fd, 128) != 0)
        return -1;
    return fd;
}

static int serve(const struct toy_options *o)
{
    struct service services[] = {
        { "web", o->web, listen_at(toy_path("web.sock")), run_web, o->watchdog_seconds },
        { "crash", o->crashing, -1, run_crashing, 0 },
        { "job", 1, -1, run_idle, 0 },
    };
    struct supervisor s = { .services = services,
                            .count = 3,
                            .drain_seconds = 20,
                            .work_name = work_name,
                            .reload = reload };
    char pid_file[128];
    snprintf(pid_file, sizeof(pid_file), "%s", toy_path("serve.pid"));
    s.pid_file = pid_file;
    if (services[0].listen_fd < 0 || !log_open(toy_path("log"), LOG_INFO))
        return 9;
    return supervisor_run(&s);
}

pid_t toy_start(const struct toy_options *options)
{
    if (!toy) {
        toy = mmap(NULL, sizeof(*toy), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphaned workers are seen ending */
    }
    memset(toy, 0, sizeof(*toy));
    snprintf(folder, sizeof(folder), "/tmp/tarazu-toy-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(serve(options));
    return pid;
}

int toy_end(pid_t master)
{
    static const char *const files[] = { "log", "log.1", "web.sock", "serve.pid" };
    int status = -1;
    waitpid(master, &status, 0);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        unlink(toy_path(files[i]));
    rmdir(folder);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

const char *toy_path(const char *name)
{
    static char path[100];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

int toy_call(char command)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", toy_path("web.sock"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0 &&
        send(fd, &command, 1, MSG_NOSIGNAL) == 1)
        return fd;
    close(fd);
    return -1;
}

const char *toy_answer(int fd)
{
    static char line[64];
    size_t n = 0;
    while (n < sizeof(line) - 1 && recv(fd, line + n, 1, 0) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
    return line;
}

bool toy_ask(pid_t *pid, unsigned *generation)
{
    int fd = toy_call('p');
    int number = 0;
    if (fd < 0)
        return false;
    bool good = sscanf(toy_answer(fd), "%d %u", &number, generation) == 2;
    *pid = number;
    close(fd);
    return good;
}

const char *toy_log(const char *text)
{
    static char found[65536];
    char line[8192];
    size_t n = 0;
    FILE *f = fopen(toy_path("log"), "re");
    found[0] = '\0';
    while (f && fgets(line, sizeof(line), f))
        if (strstr(line, text) && n + strlen(line) < sizeof(found)) {
            memcpy(found + n, line, strlen(line) + 1);
            n += strlen(line);
        }
    if (f)
        fclose(f);
    return n ? found : NULL;
}
