/* Decoding a tree into a struct by a schema. */
#include "http/schema.h"

#include <stdbool.h>
#include <string.h>

#include "core/arena.h"
#include "core/op.h"
#include "core/view.h"
#include "http/request.h"
#include "http/schema_types.h"

#define FAULTS_MAX 50      /* field errors reported of one body */
#define ARRAY_MAX 100      /* items, when the field sets no bound */
#define NAME_SHOWN_MAX 100 /* bytes of an unknown name shown in its pointer */

struct decoder {
    struct op *op;
    const struct upload *uploads;
    size_t upload_count;
    bool query;  /* unknown names are passed over */
    int faults;
};

/* One field of one object: where it is written and what it is called. */
struct place {
    const struct field *field;
    const char *prefix; /* pointer of the object that holds it */
    char *base;         /* the struct */
    struct view *value; /* NULL: absent or null */
};

typedef void decode_fn(struct decoder *d, const struct place *at);

static const char *const common_fields[] = { "_method", "_idempotency_key", "altcha" };

/* Cut at a whole character so that what a client sent cannot make answers large. */
static struct str shown(const char *name)
{
    struct str s = str_of(name);
    if (s.n > NAME_SHOWN_MAX) {
        s.n = NAME_SHOWN_MAX;
        while (s.n > 0 && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
            s.n--;
    }
    return s;
}

/* JSON Pointer (RFC 6901) of a member. */
static const char *pointer_of(struct arena *a, const char *prefix, const char *name)
{
    struct buf b;
    buf_init(&b, a, 64);
    buf_str(&b, prefix);
    buf_char(&b, '/');
    struct str s = shown(name);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '~')
            buf_str(&b, "~0");
        else if (s.p[i] == '/')
            buf_str(&b, "~1");
        else
            buf_char(&b, s.p[i]);
    }
    return buf_text(&b);
}

static struct field_error *fault(struct decoder *d, const char *pointer, const char *code)
{
    if (d->faults++ >= FAULTS_MAX)
        return NULL;
    return err_field(d->op, pointer, code, NULL);
}

/* The bound that was passed travels with the error. */
static void fault_at(struct decoder *d, const struct place *at, const char *code)
{
    struct arena *a = d->op->arena;
    struct field_error *row = fault(d, pointer_of(a, at->prefix, at->field->name), code);
    bool above = strcmp(code, "too_long") == 0 || strcmp(code, "too_large") == 0 ||
                 strcmp(code, "too_many") == 0;
    bool below = strcmp(code, "too_short") == 0 || strcmp(code, "too_small") == 0 ||
                 strcmp(code, "too_few") == 0;
    bool choice = strcmp(code, "not_one_of") == 0;
    if (!row || !(above || below || choice))
        return;
    row->params = view_new(a);
    if (above)
        view_int(row->params, "max",
                 at->field->type == F_ARRAY && at->field->max == 0 ? ARRAY_MAX
                                                                   : schema_max(at->field));
    else if (below)
        view_int(row->params, "min", at->field->min);
    else
        view_text(row->params, "choices", str_dup(a, str_trim(str_of(at->field->choices))));
}

static void *slot_of(const struct place *at)
{
    return at->base + at->field->offset;
}

static void decode_object(struct decoder *d, const struct schema *s, const struct view *tree,
                          const char *prefix, void *base);

static void decode_scalar(struct decoder *d, const struct place *at)
{
    const struct scalar_type *type = schema_scalar(at->field->type);
    enum view_kind kind = view_kind(at->value);
    if (!(type->accepts & 1u << kind)) {
        fault_at(d, at, "type");
        return;
    }
    struct scalar_input in = {
        .arena = d->op->arena,
        .field = at->field,
        .value = at->value,
        .is_text = kind == VIEW_TEXT,
        .text = str_of(view_value_text(at->value)),
    };
    if (str_trim(in.text).n == 0 && at->field->type != F_SECRET)
        return;
    const char *code = type->parse(&in, slot_of(at));
    if (code)
        fault_at(d, at, code);
}

/* Whether the slot still holds what "absent" looks like. */
static bool is_absent(const struct place *at)
{
    enum slot_kind kind = schema_slot(at->field->type);
    if (kind == SLOT_INT64)
        return *(int64_t *)slot_of(at) == INT_ABSENT;
    if (kind == SLOT_FLAG)
        return *(int *)slot_of(at) == BOOL_ABSENT;
    return *(void **)slot_of(at) == NULL;
}

static void make_absent(const struct place *at)
{
    enum slot_kind kind = schema_slot(at->field->type);
    if (kind == SLOT_INT64)
        *(int64_t *)slot_of(at) = INT_ABSENT;
    else if (kind == SLOT_FLAG)
        *(int *)slot_of(at) = BOOL_ABSENT;
    else
        *(void **)slot_of(at) = NULL;
}

/* A text where an object is meant: its first field, under the outer name; the others are absent.
 * False when the text says nothing. */
static bool decode_word(struct decoder *d, const struct schema *s, const char *name, const struct place *at, void *base)
{
    for (size_t i = 0; i < s->count; i++)
        make_absent(&(struct place){ &s->fields[i], at->prefix, base, NULL });
    struct field first = s->fields[0];
    first.name = name;
    struct place bare = { &first, at->prefix, base, at->value };
    decode_scalar(d, &bare);
    return !is_absent(&bare);
}

static void decode_bare(struct decoder *d, const struct place *at)
{
    void *inner = arena_alloc(d->op->arena, at->field->sub->size);
    if (decode_word(d, at->field->sub, at->field->name, at, inner))
        *(void **)slot_of(at) = inner;
}

static void decode_nested(struct decoder *d, const struct place *at)
{
    enum view_kind kind = view_kind(at->value);
    if (kind == VIEW_TEXT && at->field->flags & F_BARE) {
        decode_bare(d, at);
        return;
    }
    if (kind != VIEW_OBJECT) {
        fault_at(d, at, "type");
        return;
    }
    struct arena *a = d->op->arena;
    void *inner = arena_alloc(a, at->field->sub->size);
    *(void **)slot_of(at) = inner;
    decode_object(d, at->field->sub, at->value, pointer_of(a, at->prefix, at->field->name), inner);
}

/* {"colour": "red"} as [{name: "colour", value: "red"}]. */
static struct view *rows_of_pairs(struct arena *a, const struct schema *s, const struct view *pairs)
{
    struct view *rows = view_new_array(a), *value;
    const char *name;
    for (size_t i = 0; view_member(pairs, i, &name, &value); i++) {
        struct view *row = view_append(rows);
        view_text(row, s->fields[0].name, name);
        if (value)
            view_attach(row, s->fields[1].name, value);
    }
    return rows;
}

static void decode_array(struct decoder *d, const struct place *at)
{
    const struct field *f = at->field;
    struct arena *a = d->op->arena;
    struct view *list = at->value;
    if (view_kind(list) == VIEW_OBJECT && f->flags & F_PAIRS)
        list = rows_of_pairs(a, f->sub, list);
    size_t n = view_count(list);
    if (view_kind(list) != VIEW_ARRAY) {
        fault_at(d, at, "type");
        return;
    }
    if ((int64_t)n < f->min || (int64_t)n > (f->max ? f->max : ARRAY_MAX)) {
        fault_at(d, at, (int64_t)n < f->min ? "too_few" : "too_many");
        return;
    }
    const char *pointer = pointer_of(a, at->prefix, f->name);
    char *items = arena_calloc(a, n, f->sub->size);
    for (size_t i = 0; i < n; i++) {
        struct view *item = view_at(list, i);
        const char *prefix = arena_printf(a, "%s/%zu", pointer, i);
        if (view_kind(item) == VIEW_OBJECT)
            decode_object(d, f->sub, item, prefix, items + i * f->sub->size);
        else if (view_kind(item) == VIEW_TEXT && f->flags & F_BARE)
            decode_word(d, f->sub, arena_printf(a, "%zu", i), &(struct place){ f, pointer, NULL, item }, items + i * f->sub->size);
        else
            fault(d, prefix, "type");
    }
    *(void **)slot_of(at) = items;
    *(size_t *)(at->base + f->count_offset) = n;
}

/* A text part under the name of a file. */
static void decode_file_text(struct decoder *d, const struct place *at)
{
    fault_at(d, at, "type");
}

static decode_fn *decoder_of(enum field_type type)
{
    static decode_fn *const special[] = {
        [F_OBJECT] = decode_nested, [F_ARRAY] = decode_array, [F_FILE] = decode_file_text
    };
    return schema_scalar(type) ? decode_scalar : special[type];
}

static void take_file(struct decoder *d, const struct place *at)
{
    for (size_t i = 0; i < d->upload_count; i++)
        if (strcmp(d->uploads[i].field, at->field->name) == 0)
            *(const struct upload **)slot_of(at) = &d->uploads[i];
}

static void decode_field(struct decoder *d, const struct field *f, const struct view *tree,
                         const char *prefix, void *base)
{
    struct place at = { f, prefix, base, view_get(tree, f->name) };
    int before = d->faults;
    bool came = view_has(tree, f->name);
    make_absent(&at);
    if (f->present_offset != 0)
        *(bool *)(at.base + f->present_offset) = came;
    if (f->type == F_FILE && prefix[0] == '\0')
        take_file(d, &at);
    if (at.value)
        decoder_of(f->type)(d, &at);
    bool null_allowed = (f->flags & F_NULLABLE) && came;
    if ((f->flags & F_REQUIRED) && !null_allowed && is_absent(&at) && d->faults == before)
        fault_at(d, &at, "required");
}

static bool is_known(const struct schema *s, const char *name, bool top)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->fields[i].name, name) == 0)
            return true;
    for (size_t i = 0; top && i < sizeof(common_fields) / sizeof(common_fields[0]); i++)
        if (strcmp(common_fields[i], name) == 0)
            return true;
    return false;
}

static void decode_object(struct decoder *d, const struct schema *s, const struct view *tree,
                          const char *prefix, void *base)
{
    for (size_t i = 0; i < s->count; i++)
        decode_field(d, &s->fields[i], tree, prefix, base);
    const char *name;
    struct view *value;
    for (size_t i = 0; !d->query && view_member(tree, i, &name, &value); i++)
        if (!is_known(s, name, prefix[0] == '\0'))
            fault(d, pointer_of(d->op->arena, prefix, name), "unknown_field");
}

/* A file nobody asked for is an unknown field too. */
static void refuse_unknown_files(struct decoder *d, const struct schema *s)
{
    for (size_t i = 0; i < d->upload_count; i++) {
        bool known = false;
        for (size_t k = 0; k < s->count && !known; k++)
            known = s->fields[k].type == F_FILE &&
                    strcmp(s->fields[k].name, d->uploads[i].field) == 0;
        if (!known)
            fault(d, pointer_of(d->op->arena, "", d->uploads[i].field), "unknown_field");
    }
}

static enum err decode(struct decoder *d, const struct schema *s, const struct view *tree,
                       void **out)
{
    void *base = arena_alloc(d->op->arena, s->size > 0 ? s->size : 1);
    if (view_kind(tree) == VIEW_OBJECT) {
        decode_object(d, s, tree, "", base);
        refuse_unknown_files(d, s);
    } else {
        fault(d, "", "type");
    }
    if (d->faults > 0)
        return err_set(d->op, ERR_INVALID_FIELD, NULL);
    *out = base;
    return ERR_OK;
}

enum err schema_decode(struct op *op, const struct schema *s, const struct view *tree,
                       const struct upload *uploads, size_t upload_count, void **out)
{
    struct decoder d = { .op = op, .uploads = uploads, .upload_count = upload_count };
    return decode(&d, s, tree, out);
}

enum err schema_decode_query(struct op *op, const struct schema *s, const struct view *tree,
                             void **out)
{
    struct decoder d = { .op = op, .query = true };
    return decode(&d, s, tree, out);
}
