/* The catalogue of errors and the record of what went wrong in one piece of work. */
#include "core/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/view.h"

struct catalogue_row {
    int status;
    const char *slug;
    enum log_level level;
    const char *constraint;
    const char *title[LANG_COUNT];
};

static const struct catalogue_row catalogue[ERR_COUNT] = {
    [ERR_OK] = { 200, "ok", LOG_DEBUG, NULL, { "درست", "OK" } },
#define ERROR(id, status, slug, level, constraint, fa, en) \
    [ERR_##id] = { status, slug, level, constraint, { [LANG_FA] = fa, [LANG_EN] = en } },
#include "core/errors.def"
#undef ERROR
};

static const struct {
    const char *code;
    const char *text[LANG_COUNT];
} field_texts[] = {
#define FIELD_ERROR(code, fa, en) { code, { [LANG_FA] = fa, [LANG_EN] = en } },
#include "core/field_errors.def"
#undef FIELD_ERROR
};

#define FIELD_TEXTS (sizeof(field_texts) / sizeof(field_texts[0]))

static const struct catalogue_row *row_of(enum err code)
{
    return &catalogue[code < ERR_COUNT ? code : ERR_INTERNAL];
}

static struct view *params_of(struct op *op)
{
    if (!op->err->params)
        op->err->params = view_new(op->arena);
    return op->err->params;
}

static void record(struct op *op, enum err code)
{
    *op->err = (struct errinfo){ .code = code, .fields = op->err->fields };
}

/* Arena-owned text of a printf format; NULL for no format. */
__attribute__((format(printf, 2, 0))) static const char *message(struct op *op, const char *fmt,
                                                                 va_list ap)
{
    return fmt ? arena_vprintf(op->arena, fmt, ap) : NULL;
}

/* The formatting comes first: the arguments may point into the details that are replaced. */
enum err err_set(struct op *op, enum err code, const char *detail, ...)
{
    va_list ap;
    va_start(ap, detail);
    const char *text = message(op, detail, ap);
    va_end(ap);
    record(op, code);
    op->err->detail = text;
    return code;
}

enum err err_internal(struct op *op, enum err code, const char *detail, ...)
{
    va_list ap;
    va_start(ap, detail);
    const char *text = message(op, detail, ap);
    va_end(ap);
    record(op, code);
    op->err->internal = text;
    return code;
}

struct field_error *err_field(struct op *op, const char *pointer, const char *code,
                              const char *text)
{
    struct field_error *field = arena_new(op->arena, struct field_error);
    field->pointer = arena_strdup(op->arena, pointer);
    field->code = arena_strdup(op->arena, code);
    field->message = text ? arena_strdup(op->arena, text) : err_field_text(code, op->lang);
    struct field_error **end = &op->err->fields;
    while (*end)
        end = &(*end)->next;
    *end = field;
    if (op->err->code == ERR_OK)
        op->err->code = ERR_INVALID_FIELD;
    return field;
}

void err_param_int(struct op *op, const char *key, int64_t value)
{
    view_int(params_of(op), key, value);
}

void err_param_text(struct op *op, const char *key, const char *value)
{
    view_text(params_of(op), key, value);
}

void err_param_bool(struct op *op, const char *key, int value)
{
    view_bool(params_of(op), key, value != 0);
}

void err_retry_after(struct op *op, int seconds)
{
    op->err->retry_after = seconds;
}

void err_clear(struct op *op)
{
    *op->err = (struct errinfo){ 0 };
}

int err_status(enum err code)
{
    return row_of(code)->status;
}

const char *err_slug(enum err code)
{
    return row_of(code)->slug;
}

const char *err_title(enum err code, enum lang lang)
{
    return row_of(code)->title[lang < LANG_COUNT ? lang : LANG_FA];
}

int err_log_level(enum err code)
{
    return (int)row_of(code)->level;
}

enum err err_by_constraint(const char *constraint)
{
    if (!constraint)
        return ERR_OK;
    for (int code = ERR_OK + 1; code < ERR_COUNT; code++) {
        const char *name = catalogue[code].constraint;
        if (name && strcmp(name, constraint) == 0)
            return (enum err)code;
    }
    return ERR_OK;
}

const char *err_field_text(const char *code, enum lang lang)
{
    size_t i = 0;
    while (i < FIELD_TEXTS - 1 && strcmp(field_texts[i].code, code) != 0)
        i++;
    return field_texts[i].text[lang < LANG_COUNT ? lang : LANG_FA];
}
