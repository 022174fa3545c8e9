/* The log: one JSON line an event, written with one write(2) so that processes never mix lines.
 * Values are escaped; secrets never come here and phones come masked. Any process. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Opens (append) the file, or stderr when path is NULL or ""; false with errno. */
bool log_open(const char *path, enum log_level least);
void log_reopen(void); /* after rotation */
void log_process(const char *service, int worker); /* stamped on every line of this process */
enum log_level log_level_parse(const char *name);  /* "debug" … "error"; unknown: info */

/* One line: {"at":…,"level":…,"service":…,"worker":…,"msg":…, fields…}. Fields come as triples ended
 * by LOG_END: LOG_S("key", text), LOG_I("key", number), LOG_J("key", raw JSON). */
enum log_field_kind { LOG_FIELD_END, LOG_FIELD_TEXT, LOG_FIELD_INT, LOG_FIELD_JSON };
struct log_field {
    enum log_field_kind kind;
    const char *key;
    const char *text;
    int64_t number;
};
#define LOG_S(k, v) ((struct log_field){ LOG_FIELD_TEXT, k, v, 0 })
#define LOG_I(k, v) ((struct log_field){ LOG_FIELD_INT, k, 0, v })
#define LOG_J(k, v) ((struct log_field){ LOG_FIELD_JSON, k, v, 0 })
void log_write(enum log_level level, const char *msg, const struct log_field *fields);
#define log_event(level, msg, ...) \
    log_write(level, msg, (const struct log_field[]){ __VA_ARGS__, { 0 } })
/* printf-style, without fields. */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
