/* Configuration: sources and their order, checks and their messages, secrets. */
#include "core/conf.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/str.h"
#include "tap.h"

#define SECRET "0123456789abcdef0123456789abcdef"

static char path[] = "/tmp/tarazu-conf-XXXXXX";
static char secret_path[] = "/tmp/tarazu-secret-XXXXXX";

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    fputs(text, f);
    fclose(f);
}

static const struct conf *load(struct arena *a, const char *text, const char **error)
{
    write_file(path, text);
    return conf_load(a, path, error);
}

static void test_sources(struct arena *a)
{
    const char *error;
    const struct conf *c = load(a, "# a comment\n\nsecret.key = " SECRET "\r\n"
                                   "  worker.web=7\nsmtp.from =  Shop <a=b@c>  \n", &error);
    is_str(error, NULL, "a good file");
    if (!c)
        return;
    is_str(c->path, path, "path");
    is_int(c->worker_web, 7, "number from the file");
    is_int(c->worker_order, 4, "default");
    is_str(c->secret_key, SECRET, "secret");
    is_str(c->smtp_from, "Shop <a=b@c>", "values are trimmed and may hold '='");
    setenv("TARAZU_WORKER_WEB", "9", 1);
    setenv("TARAZU_SECRET_KEY", "x" SECRET, 1);
    c = conf_load(a, path, &error);
    is_int(c ? c->worker_web : 0, 9, "the environment wins over the file");
    is_str(c ? c->secret_key : "", "x" SECRET, "for secrets too");
    write_file(secret_path, "y" SECRET "\n");
    setenv("TARAZU_SECRET_KEY_FILE", secret_path, 1);
    c = conf_load(a, path, &error);
    is_str(c ? c->secret_key : "", "y" SECRET, "a secret file wins over all");
    c = conf_load(a, NULL, &error);
    ok(c && !c->path, "without a file the environment is enough");
    unsetenv("TARAZU_SECRET_KEY");
    setenv("TARAZU_SECRET_KEY_FILE", "/nowhere/secret", 1);
    ok(!conf_load(a, path, &error) && strstr(error, "/nowhere/secret"), "missing file: %s", error);
    unsetenv("TARAZU_SECRET_KEY_FILE");
    unsetenv("TARAZU_WORKER_WEB");
}

static const struct {
    const char *text, *names;
} bad[] = {
    { "no.such.key = 1\n", "line 1: unknown key \"no.such.key\"" },
    { "\n# x\nworker.web\n", "line 3" },
    { "worker.web = many\n", "worker.web" },
    { "worker.web = many\n", "\"many\" is not a whole number from 1 to 64" },
    { "worker.web = 0\n", "from 1 to 64" },
    { "worker.web = 65\n", "from 1 to 64" },
    { "worker.web = 2\nworker.web = 3\n", "line 2: worker.web is given twice" },
    { "log.level = loud\n", "debug, info, warning, error" },
    { "sms.provider = pigeon\n", "\"pigeon\" is none of kavenegar, smsir" },
    { "shop.base_url = ftp://example.com\n", "shop.base_url" },
    { "shop.base_url = https://example.com/\n", "without a trailing slash" },
    { "socket.dir =\n", "socket.dir is required" },
    { "secret.key = short-secret\n", "secret.key" },
    { "", "secret.key is required: set it in the file or as TARAZU_SECRET_KEY" },
};

static void test_errors(struct arena *a)
{
    const char *error;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        bool needs_key = i + 2 < sizeof(bad) / sizeof(bad[0]);
        if (needs_key)
            setenv("TARAZU_SECRET_KEY", SECRET, 1);
        const struct conf *c = load(a, bad[i].text, &error);
        ok(!c && error && strstr(error, bad[i].names), "%s", error ? error : "(no error)");
        ok(!error || !strstr(error, "short-secret"), "no secret in the message");
        unsetenv("TARAZU_SECRET_KEY");
    }
    ok(!conf_load(a, "/nowhere/tarazu.conf", &error) && strstr(error, "/nowhere/tarazu.conf"),
       "a missing file is named");
}

/* What conf_print writes can be read again, except for the secrets. */
static void test_print(struct arena *a)
{
    const char *error;
    const struct conf *c = load(a, "secret.key = " SECRET "\nworker.pay = 3\n", &error);
    fflush(stdout);
    int screen = dup(STDOUT_FILENO);
    if (!freopen(secret_path, "w", stdout))
        return;
    conf_print(c);
    fflush(stdout);
    dup2(screen, STDOUT_FILENO);
    close(screen);
    FILE *f = fopen(secret_path, "r");
    char *text = arena_alloc(a, 65536);
    size_t n = fread(text, 1, 65535, f);
    fclose(f);
    ok(n > 1000 && strstr(text, "worker.pay = 3\n"), "values are printed");
    ok(!strstr(text, SECRET) && strstr(text, "secret.key = ***\n"), "secrets are not");
    setenv("TARAZU_SECRET_KEY", SECRET, 1);
    c = conf_load(a, secret_path, &error);
    ok(c && c->worker_pay == 3, "and can be read back: %s", error ? error : "");
    unsetenv("TARAZU_SECRET_KEY");
}

int main(void)
{
    struct arena *a = arena_create("test");
    close(mkstemp(path));
    close(mkstemp(secret_path));
    test_sources(a);
    test_errors(a);
    test_print(a);
    unlink(path);
    unlink(secret_path);
    arena_destroy(a);
    return done();
}
