/* The owner's settings: one flat object for programs, groups of fields for the page. */
#include "routes/handlers.h"

#include <string.h>

#include "auth/address.h"
#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/settings.h"

/* Each key as it may come: its value, and whether it came at all (an emptied text comes as null). */
#define IN_TEXT const char *
#define IN_PHONE const char *
#define IN_PROVINCE const char *
#define IN_INT int64_t
#define IN_BOOL int
struct settings_in {
#define SETTING(key, type, dflt, min, max, doc) struct { IN_##type value; bool given; } key;
#include "shop/settings.def"
#undef SETTING
};

static const struct field settings_fields[] = {
#define KEY_(key, ...) { .name = #key, .offset = offsetof(struct settings_in, key.value), \
                         .present_offset = offsetof(struct settings_in, key.given), __VA_ARGS__ }
#define FIELD_TEXT(key, low, high, text) KEY_(key, .type = F_TEXT, .max = high, .flags = F_NULLABLE, .doc = text)
#define FIELD_PHONE(key, low, high, text) KEY_(key, .type = F_PHONE, .flags = F_NULLABLE, .doc = text)
#define FIELD_PROVINCE(key, low, high, text) KEY_(key, .type = F_ENUM, .choices = ADDRESS_PROVINCES, .doc = text)
#define FIELD_INT(key, low, high, text) KEY_(key, .type = F_INT, .min = low, .max = high, .doc = text)
#define FIELD_BOOL(key, low, high, text) KEY_(key, .type = F_BOOL, .doc = text)
#define SETTING(key, type, dflt, min, max, doc) FIELD_##type(key, min, max, doc),
#include "shop/settings.def"
#undef SETTING
};
const struct schema settings_in = SCHEMA(settings_in, settings_fields);

#define SHOW_TEXT view_text
#define SHOW_PHONE view_text
#define SHOW_PROVINCE view_text
#define SHOW_INT view_int
#define SHOW_BOOL view_bool

static void show_settings(struct view *v, const struct settings *s)
{
#define SETTING(key, type, dflt, min, max, doc) SHOW_##type(v, #key, s->key);
#include "shop/settings.def"
#undef SETTING
}

static struct view *show_group(struct view *groups, const char *id)
{
    struct view *g = view_append(groups);
    view_text(g, "id", id);
    return view_array(g, "settings");
}

/* What the page needs to draw a field: its type, its bounds, its value. */
static void show_page(struct view *v, const struct settings *s)
{
    struct view *groups = view_array(v, "groups"), *list = NULL, *f;
#define SETTING_GROUP(id) list = show_group(groups, #id);
#define SETTING(key, type, dflt, low, high, doc)   \
    f = view_append(list);                         \
    view_text(f, "key", #key);                     \
    view_text(f, "type", #type);                   \
    view_int(f, "min", low);                       \
    view_int(f, "max", high);                      \
    SHOW_##type(f, "value", s->key);
#include "shop/settings.def"
#undef SETTING
}

enum err admin_settings_get(struct request *req)
{
    struct settings s;
    struct rows r;
    TRY(settings_load(&req->op, &s));
    if (req->accept == ACCEPT_JSON) {
        show_settings(req->reply.view, &s);
        return ERR_OK;
    }
    show_page(req->reply.view, &s);
    TRY(db_query(&req->op, &r, Q_PROVINCES, P_TEXT(lang_code(req->op.lang))));
    view_json(req->reply.view, "provinces", row_text(&r, 0, "items"));
    TRY(db_query(&req->op, &r, Q_SETTING_CHANGES, P_INT(10)));
    view_json(req->reply.view, "changes", row_text(&r, 0, "items"));
    return ERR_OK;
}

/* What came, as an object of values; an emptied text is an empty one. */
static struct view *given(struct op *op, const struct settings_in *in)
{
    struct view *v = view_new(op->arena);
#define GIVEN_TEXT(key) view_text(v, #key, in->key.value ? in->key.value : "")
#define GIVEN_PHONE GIVEN_TEXT
#define GIVEN_PROVINCE GIVEN_TEXT
#define GIVEN_INT(key) if (in->key.value != INT_ABSENT) view_int(v, #key, in->key.value)
#define GIVEN_BOOL(key) if (in->key.value != BOOL_ABSENT) view_bool(v, #key, in->key.value)
#define SETTING(key, type, dflt, min, max, doc) if (in->key.given) { GIVEN_##type(key); }
#include "shop/settings.def"
#undef SETTING
    return v;
}

/* The audit log has what really changed, before and after. */
static void audit_changes(struct op *op, const struct view *before, const struct view *values)
{
    struct view *was = view_new(op->arena), *is = view_new(op->arena), *value;
    const char *key;
    size_t n = 0;
    for (size_t i = 0; view_member(values, i, &key, &value); i++) {
        struct view *old = view_get(before, key);
        if (strcmp(view_serialize(op->arena, old), view_serialize(op->arena, value)) == 0)
            continue;
        view_attach(was, key, old);
        view_attach(is, key, value);
        n++;
    }
    if (n)
        audit_write(op, "settings.change", "settings", was, is);
}

/* The members of the object that is sent; the others stay. */
enum err admin_settings_patch(struct request *req)
{
    struct op *op = &req->op;
    struct settings s;
    struct view *before = view_new(op->arena), *values = given(op, req->input);
    TRY(settings_load(op, &s));
    show_settings(before, &s);
    TRY(settings_store(op, values));
    audit_changes(op, before, values);
    TRY(settings_load(op, &s));
    show_settings(req->reply.view, &s);
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/settings" : NULL;
    return ERR_OK;
}
