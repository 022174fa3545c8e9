/* JSON log lines, each in one write(2) of a file opened for appending. */
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/utf8.h"

#define LINE_MAX_BYTES 16384
#define TEXT_MAX_BYTES 4096 /* of one value as it is written */
#define TAIL ",\"cut\":true}\n"

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARNING] = "warning",
    [LOG_ERROR] = "error",
};

static struct {
    int fd;
    enum log_level least;
    int worker;
    char service[24];
    char path[512];
} state = { .fd = STDERR_FILENO, .least = LOG_INFO, .service = "tarazu" };

/* A line in the making. `full` is set by the first write that does not fit; nothing follows it. */
struct line {
    char p[LINE_MAX_BYTES];
    size_t n;
    bool full;
};

static void add(struct line *l, const char *p, size_t n)
{
    if (l->full || n > sizeof(l->p) - sizeof(TAIL) - l->n) {
        l->full = true;
        return;
    }
    memcpy(l->p + l->n, p, n);
    l->n += n;
}

static void add_text(struct line *l, const char *s)
{
    add(l, s, strlen(s));
}

__attribute__((format(printf, 2, 3))) static void add_format(struct line *l, const char *fmt, ...)
{
    char part[128];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(part, sizeof(part), fmt, ap);
    va_end(ap);
    if (n > 0)
        add(l, part, (size_t)n < sizeof(part) ? (size_t)n : sizeof(part) - 1);
}

static void add_escaped(struct line *l, uint32_t cp)
{
    if (cp == '"' || cp == '\\') {
        add(l, (char[]){ '\\', (char)cp }, 2);
    } else if (cp == '\n') {
        add(l, "\\n", 2);
    } else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
        add_format(l, "\\u%04x", (unsigned)cp);
    } else {
        char bytes[4];
        add(l, bytes, utf8_encode(cp, bytes));
    }
}

/* A JSON string; invalid UTF-8 is replaced, too long a text ends with an ellipsis. */
static void add_string(struct line *l, const char *text)
{
    struct str rest = str_of(text);
    size_t start = l->n;
    add(l, "\"", 1);
    while (rest.n > 0 && !l->full) {
        uint32_t cp;
        if (l->n - start > TEXT_MAX_BYTES) {
            add_text(l, "…");
            break;
        }
        utf8_next(&rest, &cp);
        add_escaped(l, cp);
    }
    add(l, "\"", 1);
}

/* JSON made by us: a line break in it can only be white space. */
static void add_raw(struct line *l, const char *json)
{
    for (; *json; json++) {
        char c = (unsigned char)*json < 0x20 ? ' ' : *json;
        add(l, &c, 1);
    }
}

static void add_field(struct line *l, const struct log_field *f)
{
    add(l, ",", 1);
    add_string(l, f->key);
    add(l, ":", 1);
    if (f->kind == LOG_FIELD_INT)
        add_format(l, "%" PRId64, f->number);
    else if (!f->text)
        add_text(l, "null");
    else if (f->kind == LOG_FIELD_JSON)
        add_raw(l, f->text);
    else
        add_string(l, f->text);
}

static void add_time(struct line *l)
{
    int64_t now = clock_micros();
    time_t seconds = (time_t)(now / 1000000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    add_format(l, "{\"at\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ\"", tm.tm_year + 1900,
               tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(now % 1000000));
}

__attribute__((format(printf, 2, 0))) static void write_format(enum log_level level,
                                                               const char *fmt, va_list ap)
{
    if (level < state.least)
        return;
    char text[TEXT_MAX_BYTES];
    vsnprintf(text, sizeof(text), fmt, ap);
    log_write(level, text, NULL);
}

static int open_log(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

bool log_open(const char *path, enum log_level least)
{
    int fd = STDERR_FILENO;
    if (path && path[0] != '\0') {
        if (strlen(path) >= sizeof(state.path)) {
            errno = ENAMETOOLONG;
            return false;
        }
        fd = open_log(path);
        if (fd < 0)
            return false;
    }
    if (state.fd != STDERR_FILENO)
        close(state.fd);
    state.fd = fd;
    state.least = least;
    snprintf(state.path, sizeof(state.path), "%s", path ? path : "");
    return true;
}

void log_reopen(void)
{
    if (state.path[0] == '\0')
        return;
    int fd = open_log(state.path);
    if (fd < 0) {
        log_event(LOG_ERROR, "log file cannot be reopened", LOG_S("file", state.path),
                  LOG_S("reason", strerror(errno)));
        return;
    }
    close(state.fd);
    state.fd = fd;
}

void log_process(const char *service, int worker)
{
    snprintf(state.service, sizeof(state.service), "%s", service);
    state.worker = worker;
}

enum log_level log_level_parse(const char *name)
{
    for (int level = LOG_DEBUG; name && level <= LOG_ERROR; level++)
        if (strcasecmp(name, level_names[level]) == 0)
            return (enum log_level)level;
    return LOG_INFO;
}

void log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
    if (level < state.least)
        return;
    int saved = errno;
    struct line l;
    l.n = 0;
    l.full = false;
    add_time(&l);
    add_format(&l, ",\"level\":\"%s\",\"service\":", level_names[level]);
    add_string(&l, state.service);
    add_format(&l, ",\"worker\":%d,\"msg\":", state.worker);
    add_string(&l, msg);
    for (; fields && fields->kind != LOG_FIELD_END && !l.full; fields++) {
        size_t before = l.n;
        add_field(&l, fields);
        if (l.full)
            l.n = before; /* a field that does not fit is left out whole */
    }
    const char *end = l.full ? TAIL : "}\n";
    memcpy(l.p + l.n, end, strlen(end));
    l.n += strlen(end);
    while (write(state.fd, l.p, l.n) < 0 && errno == EINTR)
        continue;
    errno = saved;
}

void log_debug(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    write_format(LOG_DEBUG, fmt, ap);
    va_end(ap);
}

void log_info(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    write_format(LOG_INFO, fmt, ap);
    va_end(ap);
}

void log_warning(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    write_format(LOG_WARNING, fmt, ap);
    va_end(ap);
}

void log_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    write_format(LOG_ERROR, fmt, ap);
    va_end(ap);
}
