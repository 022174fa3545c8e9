/* Input schemas as JSON Schema (OpenAPI 3.1). */
#include "routes/describe.h"

#include "core/arena.h"
#include "core/str.h"
#include "core/view.h"
#include "http/schema.h"

/* What a type looks like from outside; `max` is its own bound when the field sets none. */
static const struct shape {
    const char *type, *format, *doc;
    int64_t max;
} shapes[] = {
    [F_TEXT] = { "string", NULL, NULL, 500 },
    [F_LONGTEXT] = { "string", NULL, NULL, 20000 },
    [F_SECRET] = { "string", "password", NULL, 4096 },
    [F_INT] = { "integer", "int64", NULL, 0 },
    [F_BOOL] = { "boolean", NULL, NULL, 0 },
    [F_PHONE] = { "string", NULL, "A mobile number in any spelling, with Persian, Arabic or Latin digits.", 0 },
    [F_TEL] = { "string", NULL, "A mobile or landline number in any spelling.", 0 },
    [F_EMAIL] = { "string", "email", NULL, 254 },
    [F_CODE] = { "string", NULL, "Letter case, spaces and the script of digits do not matter.", 64 },
    [F_DIGITS] = { "string", NULL, "Digits of any script.", 64 },
    [F_SLUG] = { "string", NULL, "Letters, digits and hyphens.", 200 },
    [F_UUID] = { "string", "uuid", NULL, 0 },
    [F_ENUM] = { "string", NULL, NULL, 0 },
    [F_TIME] = { "string", "date-time", NULL, 0 },
    [F_DECIMAL6] = { "number", NULL, NULL, 0 },
    [F_OBJECT] = { NULL, NULL, NULL, 0 },
    [F_ARRAY] = { "array", NULL, NULL, 100 },
    [F_FILE] = { "string", "binary", NULL, 0 },
};

static void reference(struct arena *a, struct view *v, struct view *components, const struct schema *s)
{
    describe_schema(a, components, s);
    view_text(v, "$ref", arena_printf(a, "#/components/schemas/%s", s->name));
}

static void set_type(struct view *v, const struct field *f, const struct shape *shape)
{
    if (!(f->flags & F_NULLABLE)) {
        view_text(v, "type", shape->type);
        return;
    }
    struct view *types = view_array(v, "type");
    view_append_text(types, shape->type);
    view_append_text(types, "null");
}

static void set_bounds(struct view *v, const struct field *f, const struct shape *shape)
{
    bool integer = f->type == F_INT, array = f->type == F_ARRAY;
    int64_t max = f->max ? f->max : shape->max;
    if (integer && f->max == 0)
        view_int(v, "minimum", f->min);
    else if (integer) {
        view_int(v, "minimum", f->min);
        view_int(v, "maximum", f->max);
    } else if (max > 0) {
        if (f->min > 0)
            view_int(v, array ? "minItems" : "minLength", f->min);
        view_int(v, array ? "maxItems" : "maxLength", max);
    }
}

static void set_choices(struct arena *a, struct view *v, const struct field *f)
{
    struct view *list = view_array(v, "enum");
    struct str rest = str_trim(str_of(f->choices));
    while (rest.n > 0)
        view_append_text(list, str_dup(a, str_cut(&rest, ' ')));
    if (f->flags & F_NULLABLE)
        view_append_view(list, NULL);
}

static void describe_field(struct arena *a, struct view *v, struct view *components, const struct field *f)
{
    const struct shape *shape = &shapes[f->type];
    const char *doc = f->doc ? f->doc : shape->doc;
    if (f->type == F_OBJECT && f->flags & F_BARE) {
        struct view *either = view_array(v, "anyOf");
        view_text(view_append(either), "type", "string");
        reference(a, view_append(either), components, f->sub);
        return;
    }
    if (f->type == F_OBJECT) {
        reference(a, v, components, f->sub);
        return;
    }
    if (f->type == F_ARRAY && f->flags & F_PAIRS) {
        struct view *either = view_array(v, "anyOf"), *list = view_append(either);
        view_text(list, "type", "array");
        reference(a, view_object(list, "items"), components, f->sub);
        view_text(view_append(either), "type", "object");
        return;
    }
    set_type(v, f, shape);
    set_bounds(v, f, shape);
    if (shape->format)
        view_text(v, "format", shape->format);
    if (f->type == F_ENUM)
        set_choices(a, v, f);
    if (f->type == F_ARRAY && f->flags & F_BARE) {
        struct view *either = view_array(view_object(v, "items"), "anyOf");
        view_text(view_append(either), "type", "string");
        reference(a, view_append(either), components, f->sub);
    } else if (f->type == F_ARRAY) {
        reference(a, view_object(v, "items"), components, f->sub);
    }
    if (doc)
        view_text(v, "description", doc);
}

void describe_schema(struct arena *a, struct view *components, const struct schema *s)
{
    if (view_has(components, s->name))
        return;
    struct view *v = view_object(components, s->name);
    view_text(v, "type", "object");
    struct view *properties = view_object(v, "properties"), *required = NULL;
    for (size_t i = 0; i < s->count; i++) {
        describe_field(a, view_object(properties, s->fields[i].name), components, &s->fields[i]);
        if (!(s->fields[i].flags & F_REQUIRED))
            continue;
        if (!required)
            required = view_array(v, "required");
        view_append_text(required, s->fields[i].name);
    }
    view_bool(v, "additionalProperties", false);
}

void describe_query(struct arena *a, struct view *components, struct view *parameters, const struct schema *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct field *f = &s->fields[i];
        struct view *p = view_append(parameters);
        view_text(p, "name", f->name);
        view_text(p, "in", "query");
        view_bool(p, "required", f->flags & F_REQUIRED);
        describe_field(a, view_object(p, "schema"), components, f);
    }
}
