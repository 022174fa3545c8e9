/* Errors. `errors.def` is the catalogue: one row an error, giving the enum, the HTTP status, the
 * slug, the titles in both languages and the constraint that raises it. Functions return `enum err`
 * (0 is success); whoever detects an error records the details in the work's errinfo and everybody
 * above only passes it on. Logged once, at the border. Any process. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stdint.h>

#include "core/lang.h"
#include "core/op.h"

#define MUST_CHECK __attribute__((warn_unused_result))

enum err {
    ERR_OK = 0,
#define ERROR(id, status, slug, level, constraint, fa, en) ERR_##id,
#include "core/errors.def"
#undef ERROR
    ERR_COUNT
};

/* Passes an error on: the only control-flow macro of the code base. */
#define TRY(expr)                    \
    do {                             \
        enum err try_err_ = (expr);  \
        if (try_err_ != ERR_OK)      \
            return try_err_;         \
    } while (0)

struct field_error {
    const char *pointer;  /* JSON Pointer of the field, "" for the whole body */
    const char *code;     /* "required", "too_long", "out_of_stock", … */
    const char *message;  /* in the work's language; NULL: the text of the code */
    struct view *params;  /* may be NULL */
    int64_t variant_id;   /* 0: none */
    struct field_error *next;
};

struct errinfo {
    enum err code;
    const char *detail;         /* for people, in the work's language; may be NULL */
    const char *internal;       /* for the log alone (SQL message, file:line); may be NULL */
    int retry_after;            /* seconds, 0: none */
    struct view *params;        /* may be NULL */
    struct view *extra;         /* members added to the problem document ("quote"); may be NULL */
    struct field_error *fields; /* in order of detection */
};

/* Records and returns the error. `detail` is a printf format or NULL. Replaces earlier details
 * except the fields. */
enum err err_set(struct op *op, enum err code, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for faults of ours: `detail` goes to the log, never to the client. */
enum err err_internal(struct op *op, enum err code, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds a field error (arena-owned copies); the code of the work becomes ERR_INVALID_FIELD unless it
 * is set already. Returns the new row so that params can be added. */
struct field_error *err_field(struct op *op, const char *pointer, const char *code,
                              const char *message);
void err_param_int(struct op *op, const char *key, int64_t value);
void err_param_text(struct op *op, const char *key, const char *value);
void err_param_bool(struct op *op, const char *key, int value);
void err_retry_after(struct op *op, int seconds);
void err_clear(struct op *op);

/* Catalogue. */
int err_status(enum err code);
const char *err_slug(enum err code);
const char *err_title(enum err code, enum lang lang);
int err_log_level(enum err code);                     /* enum log_level */
enum err err_by_constraint(const char *constraint);   /* ERR_OK: not in the catalogue */
/* Text of a field error's code (field_errors.def); unknown codes get a general one. */
const char *err_field_text(const char *code, enum lang lang);
const char *err_constraint(enum err code);            /* NULL: none */

#endif
