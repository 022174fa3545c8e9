/* Log lines are JSON whatever is in them, one write each. */
#include "core/log.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/view.h"
#include "tap.h"

#define WRITERS 4
#define LINES 200

static char path[] = "/tmp/tarazu-log-XXXXXX";
static char moved[sizeof(path) + 2];

/* The whole file; the caller's arena owns it. */
static struct str read_log(struct arena *a, const char *name)
{
    struct buf b;
    buf_init(&b, a, 0);
    FILE *f = fopen(name, "r");
    char part[4096];
    for (size_t n; f && (n = fread(part, 1, sizeof(part), f)) > 0;)
        buf_add(&b, part, n);
    if (f)
        fclose(f);
    return buf_slice(&b);
}

static struct view *last_line(struct arena *a)
{
    struct str text = read_log(a, path), line = { "", 0 };
    while (text.n > 0)
        line = str_cut(&text, '\n');
    const char *error;
    struct view *v = view_parse(a, line, 8, &error);
    ok(v != NULL, "the line is JSON");
    return v;
}

static void test_line(struct arena *a)
{
    log_process("order", 3);
    log_event(LOG_WARNING, "پرداخت", LOG_S("route", "orders"), LOG_I("ms", -12),
              LOG_J("data", "{\"a\":\n1}"), LOG_S("none", NULL));
    struct view *v = last_line(a);
    is_str(view_get_text(v, "level"), "warning", "level");
    is_str(view_get_text(v, "service"), "order", "service");
    is_int(view_get_int(v, "worker", 0), 3, "worker");
    is_str(view_get_text(v, "msg"), "پرداخت", "message");
    is_str(view_get_text(v, "route"), "orders", "text field");
    is_int(view_get_int(v, "ms", 0), -12, "number field");
    is_int(view_get_int(view_get(v, "data"), "a", 0), 1, "JSON field stays on the line");
    ok(view_has(v, "none") && !view_get(v, "none"), "NULL is null");
    const char *at = view_get_text(v, "at");
    ok(at && strlen(at) == 27 && at[10] == 'T' && at[19] == '.' && at[26] == 'Z', "time: %s", at);
}

static void test_hostile(struct arena *a)
{
    log_event(LOG_ERROR, "a\"b\\c\nd\x1b[2J", LOG_S("bad", "x\xff\xc3(\xed\xa0\x80"),
              LOG_S("k\"ey", "\x7f"));
    struct view *v = last_line(a);
    is_str(view_get_text(v, "msg"), "a\"b\\c\nd\x1b[2J", "quotes and controls are escaped");
    is_str(view_get_text(v, "bad"),
           "x\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
           "invalid UTF-8 is replaced");
    is_str(view_get_text(v, "k\"ey"), "\x7f", "keys are escaped too");
    char *huge = arena_alloc(a, 100001);
    memset(huge, 'h', 100000);
    log_event(LOG_ERROR, huge, LOG_S("a", huge), LOG_S("b", huge), LOG_J("c", "1"),
              LOG_S("d", huge), LOG_S("e", huge), LOG_I("f", 1));
    v = last_line(a);
    ok(strlen(view_get_text(v, "msg")) < 5000, "long texts are cut");
    ok(view_get_bool(v, "cut") && view_has(v, "a") && !view_has(v, "f"),
       "fields that do not fit are left out whole");
    log_error("%s", huge);
    ok(last_line(a) != NULL, "printf style");
}

static void test_levels(struct arena *a)
{
    size_t before = read_log(a, path).n;
    log_info("%s", "below the least level");
    log_debug("below");
    is_int((int64_t)read_log(a, path).n, (int64_t)before, "lines below the level are not written");
    is_int(log_level_parse("debug"), LOG_DEBUG, "debug");
    is_int(log_level_parse("ERROR"), LOG_ERROR, "error");
    is_int(log_level_parse("warning"), LOG_WARNING, "warning");
    is_int(log_level_parse("loud"), LOG_INFO, "unknown is info");
    is_int(log_level_parse(NULL), LOG_INFO, "so is none");
    ok(!log_open("/nowhere/at/all.log", LOG_INFO), "a file that cannot be opened");
}

static void test_reopen(struct arena *a)
{
    snprintf(moved, sizeof(moved), "%s.1", path);
    rename(path, moved);
    size_t before = read_log(a, moved).n;
    log_warning("to the old file");
    ok(read_log(a, moved).n > before, "a rotated file is written until the reopening");
    log_reopen();
    log_warning("to the new file");
    is_str(view_get_text(last_line(a), "msg"), "to the new file", "then the new one");
}

/* Lines of processes writing at once do not mix. */
static void test_processes(struct arena *a)
{
    for (int i = 0; i < WRITERS; i++)
        if (fork() == 0) {
            log_process("web", i);
            log_reopen(); /* an offset of its own, like a process that was started apart */
            for (int n = 0; n < LINES; n++)
                log_event(LOG_ERROR, "together", LOG_I("n", n),
                          LOG_S("filler", "ترازو ترازو ترازو ترازو ترازو ترازو ترازو ترازو"));
            _exit(0);
        }
    while (wait(NULL) > 0)
        continue;
    struct str text = read_log(a, path);
    int lines = 0, broken = 0;
    while (text.n > 0) {
        const char *error;
        struct view *v = view_parse(a, str_cut(&text, '\n'), 8, &error);
        broken += !v;
        lines += v && strcmp(view_get_text(v, "msg"), "together") == 0;
    }
    is_int(broken, 0, "no line is broken");
    is_int(lines, WRITERS * LINES, "none is lost");
}

int main(void)
{
    struct arena *a = arena_create("test");
    int fd = mkstemp(path);
    close(fd);
    ok(log_open(path, LOG_WARNING), "open");
    test_line(a);
    test_hostile(a);
    test_levels(a);
    test_reopen(a);
    test_processes(a);
    unlink(path);
    unlink(moved);
    log_open(NULL, LOG_INFO);
    arena_destroy(a);
    return done();
}
