/* Reading members of an import file. */
#include "shop/import_read.h"

#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"
#include "core/view.h"

void import_fault(const struct place *p, const char *key, const char *code)
{
    err_field(p->op, arena_printf(p->op->arena, "%s/%s", p->pointer, key), code, NULL);
}

size_t import_count(const struct place *p, const char *key)
{
    const struct view *list = view_get(p->at, key);
    if (!list)
        return 0;
    if (view_kind(list) == VIEW_ARRAY)
        return view_count(list);
    import_fault(p, key, "type");
    return 0;
}

struct place import_item(const struct place *p, const char *key, size_t i)
{
    struct place item = { p->op, view_at(view_get(p->at, key), i),
                          arena_printf(p->op->arena, "%s/%s/%zu", p->pointer, key, i) };
    if (view_kind(item.at) != VIEW_OBJECT) {
        err_field(p->op, item.pointer, "type", NULL);
        item.at = NULL;
    }
    return item;
}

/* NULL, with the fault noted, when the member is absent though required or of another kind. */
static struct view *member(const struct place *p, const char *key, enum view_kind kind, bool required)
{
    struct view *v = view_get(p->at, key);
    if (!v && required && p->at)
        import_fault(p, key, "required");
    if (v && view_kind(v) != kind) {
        import_fault(p, key, "type");
        return NULL;
    }
    return v;
}

const char *import_text(const struct place *p, const char *key, bool required)
{
    struct view *v = member(p, key, VIEW_TEXT, required);
    const char *text = v ? text_clean(p->op->arena, str_of(view_value_text(v)), true) : NULL;
    if (text && required && !text[0])
        import_fault(p, key, "required");
    return text;
}

const char *import_goods_id(const struct place *p, const char *key)
{
    const char *text = import_text(p, key, false);
    if (!text || !text[0])
        return NULL;
    const char *digits = text_fold_code(p->op->arena, str_of(text));
    if (!text_goods_id(digits))
        import_fault(p, key, "bad_goods_id");
    return digits;
}

int64_t import_int(const struct place *p, const char *key, int64_t max, bool required)
{
    struct view *v = member(p, key, VIEW_INT, required);
    if (!v)
        return INT64_MIN;
    int64_t n = view_value_int(v);
    if (n < 0 || n > max)
        import_fault(p, key, n < 0 ? "too_small" : "too_large");
    return n;
}

bool import_bool(const struct place *p, const char *key, bool otherwise)
{
    struct view *v = member(p, key, VIEW_BOOL, false);
    return v ? view_value_bool(v) : otherwise;
}

int64_t import_time(const struct place *p, const char *key)
{
    struct view *v = member(p, key, VIEW_TEXT, false);
    int64_t seconds = INT64_MIN;
    if (v && !clock_parse_rfc3339(str_of(view_value_text(v)), &seconds))
        import_fault(p, key, "bad_time");
    return seconds;
}

struct words import_words(const struct place *p, const char *key, bool required)
{
    struct words w = { NULL, NULL };
    struct view *v = view_get(p->at, key);
    if (view_kind(v) == VIEW_OBJECT) {
        struct place inner = { p->op, v, arena_printf(p->op->arena, "%s/%s", p->pointer, key) };
        w.fa = import_text(&inner, "fa", required);
        w.en = import_text(&inner, "en", false);
    } else {
        w.fa = import_text(p, key, required);
    }
    if (!w.en)
        w.en = w.fa;
    return w;
}

static void put_words(struct view *o, const char *key, struct words w)
{
    struct view *v = view_object(o, key);
    view_text(v, "fa", w.fa);
    view_text(v, "en", w.en);
}

const char *import_options(const struct place *p, const char *key)
{
    struct view *out = view_new_array(p->op->arena);
    for (size_t i = 0, n = import_count(p, key); i < n; i++) {
        struct place item = import_item(p, key, i);
        struct view *o = view_append(out);
        put_words(o, "name", import_words(&item, "name", true));
        put_words(o, "value", import_words(&item, "value", true));
    }
    return view_serialize(p->op->arena, out);
}
