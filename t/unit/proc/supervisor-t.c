/* A real supervisor with toy services: replacement, throttle, generations, drain, watchdog. */
#include "proc/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "proc/toy.h"
#include "tap.h"

static pid_t first_number(const char *text)
{
    int n = 0;
    return sscanf(text, "%d", &n) == 1 ? n : 0;
}

static bool answers(void)
{
    pid_t pid;
    unsigned generation;
    return toy_ask(&pid, &generation);
}

static bool generation_is(unsigned want)
{
    pid_t pid;
    unsigned generation = 0;
    return toy_ask(&pid, &generation) && generation == want;
}

static bool refused(void)
{
    int fd = toy_call('p');
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

static void stop(pid_t master)
{
    kill(master, SIGTERM);
    is_int(toy_end(master), 0, "TERM ends the master with status 0");
}

static void test_death(void)
{
    pid_t master = toy_start(&(struct toy_options){ .web = 1 });
    ok(wait_for(answers()), "the service answers");
    ok(access(toy_path("serve.pid"), R_OK) == 0, "the process id file is there");
    int fd = toy_call('h');
    pid_t victim = first_number(toy_answer(fd));
    kill(victim, SIGKILL);
    is_str(toy_answer(fd), "", "the request in its hands is lost");
    close(fd);
    ok(wait_for(toy_log("worker died")), "the death is logged");
    const char *line = toy_log("worker died");
    ok(line && strstr(line, "\"service\":\"web\""), "with its service");
    ok(line && strstr(line, "\"signal\":9"), "its signal");
    ok(line && strstr(line, "\"route\":\"toy.hold\""), "the guilty route");
    ok(line && strstr(line, "\"request_id\":\"req-1\""), "and the request");
    ok(answers(), "the next request waits for the replacement and is served");
    fd = toy_call('a');
    is_str(toy_answer(fd), "", "a failed assertion costs its request");
    close(fd);
    ok(wait_for(toy_log("toy.assert")), "and is logged");
    line = toy_log("toy.assert");
    ok(line && strstr(line, "command != 'a'"), "with the assertion as last words");
    stop(master);
}

static void test_throttle(void)
{
    pid_t master = toy_start(&(struct toy_options){ .web = 1, .crashing = 1 });
    ok(wait_for(toy->starts >= 5), "a crashing worker is started again and again");
    int64_t first = toy->started_us[1] - toy->started_us[0];
    int64_t fourth = toy->started_us[4] - toy->started_us[3];
    ok(fourth > first, "slower and slower");
    ok(answers(), "while the other service answers");
    const char *line = toy_log("worker died");
    ok(line && strstr(line, "\"exit\":3"), "its exit status is logged");
    stop(master);
}

/* Fifty requests in a row, all answered by it. */
static bool only_generation(unsigned wanted)
{
    for (int i = 0; i < 50; i++)
        if (!generation_is(wanted))
            return false;
    return true;
}

static void test_generation(void)
{
    pid_t master = toy_start(&(struct toy_options){ .web = 2 });
    ok(wait_for(answers()), "the first generation answers");
    int held = toy_call('h');
    pid_t old = first_number(toy_answer(held));
    toy->web_count = 3;
    kill(master, SIGHUP);
    int failed = 0;
    unsigned generation = 1;
    for (int i = 0; i < 30000 && generation == 1; i++) {
        pid_t pid;
        failed += !toy_ask(&pid, &generation);
    }
    is_int(generation, 2, "the second generation answers");
    is_int(failed, 0, "nobody was refused meanwhile");
    ok(kill(old, 0) == 0, "a worker of the first still has its request");
    toy->open_gate = true;
    is_str(toy_answer(held), "done", "and finishes it");
    close(held);
    ok(wait_for(kill(old, 0) != 0), "then it ends");
    is_str(toy_log("worker died"), NULL, "nobody died of it");
    ok(wait_for(only_generation(2)), "in the end no request meets the first generation");
    stop(master);
}

static void test_bad_generation(void)
{
    pid_t master = toy_start(&(struct toy_options){ .web = 1 });
    ok(wait_for(answers()), "the first generation answers");
    kill(master, SIGHUP);
    ok(wait_for(toy->reloads == 1) && generation_is(1), "a reload that fails changes nothing");
    toy->broken = true;
    toy->web_count = 1;
    kill(master, SIGHUP);
    ok(wait_for(toy_log("\"exit\":4")), "workers of the new generation cannot start");
    ok(generation_is(1), "the old generation serves on");
    toy->broken = false;
    ok(wait_for(generation_is(2)), "until the new one can");
    stop(master);
}

static void test_drain(void)
{
    pid_t master = toy_start(&(struct toy_options){ .web = 1 });
    ok(wait_for(answers()), "the service answers");
    int held = toy_call('h');
    toy_answer(held);
    int queued = toy_call('p');
    kill(master, SIGTERM);
    ok(wait_for(refused()), "new connections are refused");
    toy->open_gate = true;
    is_str(toy_answer(held), "done", "the request in hand is finished");
    ok(first_number(toy_answer(queued)) > 0, "and the one that waited in the queue");
    close(held);
    close(queued);
    is_int(waitpid(master, NULL, WNOHANG) >= 0, 1, "the master waits for its workers");
    ok(wait_for(access(toy_path("serve.pid"), F_OK) != 0), "the process id file goes");
    toy_end(master);
}

static void test_watchdog(void)
{
    pid_t master = toy_start(&(struct toy_options){ .web = 1, .watchdog_seconds = 1 });
    ok(wait_for(answers()), "the service answers");
    int fd = toy_call('s');
    pid_t stuck = first_number(toy_answer(fd));
    ok(wait_for(toy_log("watchdog")), "a stuck worker is found");
    const char *line = toy_log("watchdog");
    ok(line && strstr(line, "\"route\":\"toy.stuck\""), "with what it was doing");
    is_str(toy_answer(fd), "", "and killed");
    close(fd);
    ok(answers() && kill(stuck, 0) != 0, "another serves");
    stop(master);
}

static void test_rotation(void)
{
    char old[160];
    pid_t master = toy_start(&(struct toy_options){ .web = 1 });
    ok(wait_for(answers()), "the service answers");
    snprintf(old, sizeof(old), "%s", toy_path("log.1"));
    ok(rename(toy_path("log"), old) == 0, "the log is moved away");
    kill(master, SIGUSR1);
    ok(wait_for(access(toy_path("log"), F_OK) == 0), "the master opens a new one");
    int fd = toy_call('l');
    toy_answer(fd);
    ok(wait_for(toy_log("a line from a worker")), "the worker writes to it too");
    close(fd);
    stop(master);
}

static void test_master_killed(void)
{
    pid_t master = toy_start(&(struct toy_options){ .web = 2 });
    ok(wait_for(answers()), "the service answers");
    int held = toy_call('h');
    toy_answer(held);
    kill(master, SIGKILL);
    is_int(waitpid(master, NULL, 0), master, "the master is gone");
    toy->open_gate = true;
    is_str(toy_answer(held), "done", "a worker finishes what it has in hand");
    close(held);
    ok(wait_for(waitpid(-1, NULL, WNOHANG) < 0), "and all workers end");
    toy_end(master);
}

static void test_quit(void)
{
    pid_t master = toy_start(&(struct toy_options){ .web = 2 });
    ok(wait_for(answers()), "the service answers");
    int held = toy_call('h');
    toy_answer(held);
    kill(master, SIGQUIT);
    is_str(toy_answer(held), "", "QUIT ends a request in hand");
    close(held);
    is_int(toy_end(master), 0, "and the master");
}

int main(void)
{
    test_death();
    test_throttle();
    test_generation();
    test_bad_generation();
    test_drain();
    test_watchdog();
    test_rotation();
    test_master_killed();
    test_quit();
    return done();
}
