/* The owner's settings. */
#include "shop/settings.h"

#include <stddef.h>
#include <string.h>

#include "core/arena.h"
#include "core/str.h"
#include "core/view.h"
#include "core/text.h"
#include "db/db.h"

enum setting_type { SETTING_TEXT, SETTING_INT, SETTING_BOOL, SETTING_PROVINCE, SETTING_PHONE };

static const struct setting {
    const char *key;
    enum setting_type type;
    size_t offset;
    int64_t min, max;
} table[] = {
#define SETTING(key, type, dflt, min, max, doc) { #key, SETTING_##type, offsetof(struct settings, key), min, max },
#include "shop/settings.def"
#undef SETTING
};

static const struct settings defaults = {
#define SETTING(key, type, dflt, min, max, doc) .key = dflt,
#include "shop/settings.def"
#undef SETTING
};

static const struct setting *find(const char *key)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strcmp(table[i].key, key) == 0)
            return &table[i];
    return NULL;
}

struct queued *settings_queue(struct op *op)
{
    return db_queue(op, Q_SETTINGS);
}

void settings_read(struct op *op, const struct queued *q, struct settings *out)
{
    (void)op;
    *out = defaults;
    for (int i = 0; i < q->rows.count; i++) {
        const struct setting *s = find(row_text(&q->rows, i, "key"));
        const char *text = row_text(&q->rows, i, "value");
        if (!s || !text)
            continue;
        char *at = (char *)out + s->offset;
        switch (s->type) {
        case SETTING_TEXT:
        case SETTING_PHONE:
        case SETTING_PROVINCE: *(const char **)(void *)at = text; break;
        case SETTING_BOOL: *(bool *)(void *)at = strcmp(text, "true") == 0; break;
        case SETTING_INT: {
            int64_t n;
            if (str_int(str_of(text), &n) && n >= s->min && n <= s->max)
                *(int64_t *)(void *)at = n;
            break;
        }
        }
    }
}

enum err settings_load(struct op *op, struct settings *out)
{
    struct queued *q = settings_queue(op);
    TRY(db_flush(op));
    settings_read(op, q, out);
    return ERR_OK;
}

static bool fits(struct op *op, const struct setting *s, struct view *v)
{
    const char *text = view_kind(v) == VIEW_TEXT ? view_value_text(v) : NULL;
    switch (s->type) {
    case SETTING_PROVINCE: return text && text_province(text);
    case SETTING_PHONE: return text && (!text[0] || text_mobile(op->arena, str_of(text)));
    case SETTING_BOOL: return view_kind(v) == VIEW_BOOL;
    case SETTING_INT:
        return view_kind(v) == VIEW_INT && view_value_int(v) >= s->min && view_value_int(v) <= s->max;
    case SETTING_TEXT: {
        if (!text)
            return false;
        int64_t n = (int64_t)text_length(str_of(text));
        return n >= s->min && n <= s->max;
    }
    }
    return false;
}

enum err settings_store(struct op *op, const struct view *values)
{
    const char *key;
    struct view *value;
    for (size_t i = 0; view_member(values, i, &key, &value); i++) {
        const struct setting *s = find(key);
        const char *pointer = arena_printf(op->arena, "/%s", key);
        if (!s)
            err_field(op, pointer, "unknown_field", NULL);
        else if (!fits(op, s, value))
            err_field(op, pointer, view_kind(value) == VIEW_TEXT && !view_value_text(value)[0] ? "required" : "type", NULL);
        else
            db_queue(op, Q_SETTING_STORE, P_TEXT(key), P_TEXT(view_serialize(op->arena, value)));
    }
    return op->err->code;
}

struct view *settings_seller(struct op *op, const struct settings *s)
{
    struct view *v = view_new(op->arena);
    view_text(v, "name", s->seller_name[0] ? s->seller_name : s->shop_name_fa);
    view_text(v, "economic_code", s->seller_economic_code);
    view_text(v, "national_id", s->seller_national_id);
    view_text(v, "registration", s->seller_registration);
    view_text(v, "province", s->seller_province);
    view_text(v, "city", s->seller_city);
    view_text(v, "address", s->seller_address);
    view_text(v, "postal_code", s->seller_postal_code);
    view_text(v, "phone", s->seller_phone);
    return v;
}
