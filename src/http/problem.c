/* Problem documents. */
#include "http/problem.h"

#include "core/arena.h"
#include "core/op.h"
#include "core/view.h"

/* Members of our own must not be replaced by those of errinfo.extra. */
static void add_extra(struct view *doc, const struct view *extra)
{
    const char *key;
    struct view *value;
    for (size_t i = 0; view_member(extra, i, &key, &value); i++) {
        if (view_has(doc, key))
            continue;
        if (value)
            view_attach(doc, key, value);
        else
            view_null(doc, key);
    }
}

static void add_field(struct view *errors, const struct field_error *field, enum lang lang)
{
    struct view *row = view_append(errors);
    view_text(row, "field", field->pointer);
    view_text(row, "code", field->code);
    view_text(row, "message",
              field->message ? field->message : err_field_text(field->code, lang));
    if (field->params)
        view_attach(row, "params", field->params);
    else
        view_object(row, "params");
    if (field->variant_id != 0)
        view_int(row, "variant_id", field->variant_id);
}

struct view *problem_view(struct op *op, enum err code)
{
    /* Details belong to the error that was recorded; another code shows only its title. */
    const struct errinfo none = { .code = code };
    const struct errinfo *info = op->err && op->err->code == code ? op->err : &none;
    const char *slug = err_slug(code);
    struct view *doc = view_new(op->arena);
    view_text(doc, "type", arena_printf(op->arena, "/docs/errors#%s", slug));
    view_text(doc, "title", err_title(code, op->lang));
    view_int(doc, "status", err_status(code));
    view_text(doc, "code", slug);
    view_text(doc, "detail", info->detail ? info->detail : err_title(code, op->lang));
    view_text(doc, "request_id", op->request_id);
    if (info->params)
        view_attach(doc, "params", info->params);
    else
        view_object(doc, "params");
    struct view *errors = view_array(doc, "errors");
    for (const struct field_error *f = info->fields; f; f = f->next)
        add_field(errors, f, op->lang);
    add_extra(doc, info->extra);
    return doc;
}
