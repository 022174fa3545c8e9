/* The cache with a real memcached that comes, hangs and goes. */
#include "net/cache.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/conf.h"
#include "net/net.h"
#include "net/toy.h"
#include "tap.h"

#define wait_for(cond)                       \
    ({                                       \
        int tries_ = 1000;                   \
        while (!(cond) && --tries_)          \
            clock_sleep_ms(20);              \
        tries_ > 0;                          \
    })

static char folder[64], path[96];

static pid_t start_memcached(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp("memcached", "memcached", "-s", path, "-m", "16", "-t", "1", "-u",
               geteuid() == 0 ? "root" : "nobody", (char *)NULL);
        _exit(127);
    }
    return pid;
}

static struct conf cache_conf(void)
{
    static char servers[128];
    snprintf(servers, sizeof(servers), "--SOCKET=\"%s\"", path);
    return (struct conf){ .zibal_base_url = "https://localhost:1",
                          .zibal_platform_url = "https://localhost:1",
                          .sms_base_url = "https://localhost:1",
                          .smtp_url = "",
                          .net_allow_hosts = "",
                          .trace_url = "",
                          .net_ca_file = "",
                          .cache_servers = servers };
}

static bool hits(struct op *op, const char *key)
{
    struct str value;
    return cache_get(op, key, &value);
}

static bool stored(struct op *op)
{
    cache_set(op, "hello", STR("world"), 60);
    return hits(op, "hello");
}

static void test_values(struct op *op)
{
    struct str v;
    static const char binary[] = "a\0b\r\nEND\r\n\xff";
    const struct str bytes = { binary, sizeof(binary) - 1 };
    char key[600];
    ok(cache_get(op, "hello", &v) && str_is(v, "world"), "what was set is got");
    ok(!hits(op, "nothing"), "a miss");
    cache_set(op, "binary", bytes, 60);
    ok(cache_get(op, "binary", &v) && str_eq(v, bytes), "any bytes");
    cache_set(op, "empty", STR(""), 60);
    ok(cache_get(op, "empty", &v) && v.n == 0, "an empty value is a hit");
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    cache_set(op, key, STR("long"), 60);
    ok(cache_get(op, key, &v) && str_is(v, "long"), "a long key");
    key[300] = 'x';
    ok(!hits(op, key), "is not any other long key");
    cache_set(op, "کلید با فاصله\r\n", STR("fa"), 60);
    ok(cache_get(op, "کلید با فاصله\r\n", &v) && str_is(v, "fa"), "a key of any characters");
    cache_delete(op, "binary");
    ok(!hits(op, "binary"), "deleted");
    char *big = arena_alloc(op->arena, 3 << 20);
    cache_set(op, "hello", (struct str){ big, 3 << 20 }, 60);
    ok(!hits(op, "hello"), "a value that is too large leaves no old one behind");
    cache_set(op, "hello", (struct str){ big, 100000 }, 60);
    ok(cache_get(op, "hello", &v) && v.n == 100000, "a large value");
}

static void test_lead(struct op *op, struct op *other)
{
    ok(cache_lead(op, "page", 30), "the first leads");
    ok(!cache_lead(other, "page", 30), "the second does not");
    ok(cache_lead(other, "page2", 30), "but for another key");
    cache_set(other, "page", STR("x"), 30);
    ok(!cache_lead(other, "page", 30), "who does not lead cannot end it");
    cache_set(op, "page", STR("x"), 30);
    ok(cache_lead(other, "page", 30), "the leader's value ends it");
}

int main(void)
{
    snprintf(folder, sizeof(folder), "/tmp/tarazu-cache-XXXXXX");
    if (!ok(mkdtemp(folder) != NULL, "a folder"))
        return done();
    snprintf(path, sizeof(path), "%s/s", folder);
    const struct conf conf = cache_conf();
    struct op *op = toy_op(&conf);
    struct op *other = toy_op(&conf);
    ok(!stored(op), "no server yet: a miss");
    ok(cache_lead(op, "page", 30), "and everybody leads");
    pid_t pid = start_memcached();
    ok(wait_for(stored(op)) && wait_for(stored(other)), "it is found when it comes");
    test_values(op);
    test_lead(op, other);
    kill(pid, SIGSTOP);
    waitpid(pid, NULL, WUNTRACED);
    ok(!hits(op, "hello"), "a server that hangs is a miss");
    ok(cache_lead(op, "page3", 30), "and lets everybody lead");
    kill(pid, SIGCONT);
    ok(wait_for(hits(op, "hello")), "it is taken up again");
    struct str v;
    ok(cache_get(op, "hello", &v) && v.n == 100000, "with the right answers");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ok(!hits(op, "hello"), "gone: a miss");
    unlink(path);
    pid = start_memcached();
    ok(wait_for(stored(op)), "a new one is found");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    toy_op_end(op);
    toy_op_end(other);

    const struct conf none = { .zibal_base_url = "https://localhost:1",
                               .zibal_platform_url = "https://localhost:1",
                               .sms_base_url = "https://localhost:1",
                               .smtp_url = "",
                               .net_allow_hosts = "",
                               .trace_url = "",
                               .net_ca_file = "",
                               .cache_servers = "" };
    op = toy_op(&none);
    ok(!stored(op) && cache_lead(op, "page", 30), "no cache configured: misses and leads");
    toy_op_end(op);
    unlink(path);
    rmdir(folder);
    return done();
}
