/* Views over json-c: `struct view` is json-c's node under another name. */
#include "core/view.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/assert.h"
#include "core/utf8.h"

#define STORED_JSON_DEPTH 64 /* JSON from the database */
#define SERIALISED (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static struct json_object *node(const struct view *v)
{
    return (struct json_object *)(uintptr_t)v; /* json-c has no const getters */
}

static struct view *view_of(struct json_object *o)
{
    return (struct view *)o;
}

/* json-c returns NULL only when memory is out. */
static struct json_object *need(struct json_object *o)
{
    if (!o)
        abort();
    return o;
}

static struct json_object *text_node(const char *value)
{
    return value ? need(json_object_new_string(value)) : NULL;
}

static void put_node(void *o)
{
    json_object_put(o);
}

static struct view *root(struct arena *a, struct json_object *o)
{
    arena_defer(a, put_node, o);
    return view_of(o);
}

/* Gives the child to its parent. A parent of the wrong kind is a bug. */
static struct view *set(struct view *o, const char *key, struct json_object *child)
{
    ASSERT(json_object_is_type(node(o), json_type_object));
    if (json_object_object_add(node(o), key, child) != 0)
        abort();
    return view_of(child);
}

static struct view *push(struct view *array, struct json_object *child)
{
    ASSERT(json_object_is_type(node(array), json_type_array));
    if (json_object_array_add(node(array), child) != 0)
        abort();
    return view_of(child);
}

static bool is_digit(struct str s, size_t at)
{
    return s.n > at && s.p[at] >= '0' && s.p[at] <= '9';
}

/* "1." and "-01" pass json-c. */
static bool bad_number(uint32_t cp, struct str behind)
{
    if (cp == '.')
        return !is_digit(behind, 0);
    return cp == '-' && str_starts(behind, "0") && is_digit(behind, 1);
}

/* json-c takes more than RFC 8259: comments, NaN, raw control characters, and NUL in strings, which
 * C text and the database cannot hold. What is left to it is the grammar. */
static const char *refuse_bytes(struct str s, int depth)
{
    bool inside = false;
    while (s.n > 0) {
        uint32_t cp;
        if (!utf8_next(&s, &cp))
            return "not valid UTF-8";
        if (cp == '"') {
            inside = !inside;
        } else if (inside && cp < 0x20) {
            return "control character in a string";
        } else if (inside && cp == '\\' && s.n > 0) {
            if (str_starts(s, "u0000"))
                return "NUL in a string";
            if ((uint8_t)s.p[0] < 0x80)
                s.p++, s.n--;
        } else if (!inside && (cp == '[' || cp == '{')) {
            if (depth-- == 0)
                return "nested too deep";
        } else if (!inside && (cp == ']' || cp == '}')) {
            depth++;
        } else if (!inside && (cp == 0 || cp >= 0x80 || bad_number(cp, s) ||
                               !strchr(" \t\r\n,:+-.0123456789eEtrufalsn", (int)cp))) {
            return "not JSON";
        }
    }
    return NULL;
}

/* A new reference, or NULL with *error set; JSON null gives NULL without an error. */
static struct json_object *parse(struct str json, int depth, const char **error)
{
    *error = json.n > INT32_MAX ? "too long" : refuse_bytes(json, depth);
    if (*error)
        return NULL;
    struct json_tokener *tok = json_tokener_new_ex(depth + 1); /* the scalar is a level to json-c */
    if (!tok)
        abort();
    json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
    struct json_object *o = json_tokener_parse_ex(tok, json.p, (int)json.n);
    enum json_tokener_error state = json_tokener_get_error(tok);
    if (state == json_tokener_continue) { /* a number ends only with the text */
        o = json_tokener_parse_ex(tok, "", 1);
        state = json_tokener_get_error(tok);
    } else if (state == json_tokener_success &&
               str_trim((struct str){ json.p + json_tokener_get_parse_end(tok),
                                      json.n - json_tokener_get_parse_end(tok) }).n > 0) {
        json_object_put(o);
        o = NULL;
        state = json_tokener_error_parse_unexpected;
    }
    if (state == json_tokener_continue)
        *error = "ends too early";
    else if (state != json_tokener_success)
        *error = "not JSON";
    json_tokener_free(tok);
    return o;
}

struct view *view_new(struct arena *a)
{
    return root(a, need(json_object_new_object()));
}

struct view *view_new_array(struct arena *a)
{
    return root(a, need(json_object_new_array()));
}

struct view *view_parse(struct arena *a, struct str json, int depth, const char **error)
{
    const char *reason;
    struct json_object *o = parse(json, depth, &reason);
    if (error)
        *error = reason;
    return o ? root(a, o) : NULL;
}

void view_text(struct view *o, const char *key, const char *value)
{
    set(o, key, text_node(value));
}

void view_int(struct view *o, const char *key, int64_t value)
{
    set(o, key, need(json_object_new_int64(value)));
}

void view_bool(struct view *o, const char *key, bool value)
{
    set(o, key, need(json_object_new_boolean(value)));
}

void view_null(struct view *o, const char *key)
{
    set(o, key, NULL);
}

struct view *view_object(struct view *o, const char *key)
{
    return set(o, key, need(json_object_new_object()));
}

struct view *view_array(struct view *o, const char *key)
{
    return set(o, key, need(json_object_new_array()));
}

struct view *view_json(struct view *o, const char *key, const char *json)
{
    const char *error = NULL;
    struct json_object *child = json ? parse(str_of(json), STORED_JSON_DEPTH, &error) : NULL;
    ASSERT(!error);
    return set(o, key, child);
}

void view_attach(struct view *o, const char *key, struct view *child)
{
    set(o, key, json_object_get(node(child)));
}

void view_remove(struct view *o, const char *key)
{
    json_object_object_del(node(o), key);
}

struct view *view_append(struct view *array)
{
    return push(array, need(json_object_new_object()));
}

void view_append_text(struct view *array, const char *value)
{
    push(array, text_node(value));
}

void view_append_int(struct view *array, int64_t value)
{
    push(array, need(json_object_new_int64(value)));
}

void view_append_view(struct view *array, struct view *child)
{
    push(array, json_object_get(node(child)));
}

enum view_kind view_kind(const struct view *v)
{
    static const enum view_kind kinds[] = {
        [json_type_null] = VIEW_NULL,     [json_type_boolean] = VIEW_BOOL,
        [json_type_double] = VIEW_DOUBLE, [json_type_int] = VIEW_INT,
        [json_type_object] = VIEW_OBJECT, [json_type_array] = VIEW_ARRAY,
        [json_type_string] = VIEW_TEXT,
    };
    return kinds[json_object_get_type(node(v))];
}

struct view *view_get(const struct view *o, const char *key)
{
    struct json_object *child = NULL;
    if (view_kind(o) == VIEW_OBJECT)
        json_object_object_get_ex(node(o), key, &child);
    return view_of(child);
}

bool view_has(const struct view *o, const char *key)
{
    return view_kind(o) == VIEW_OBJECT && json_object_object_get_ex(node(o), key, NULL);
}

const char *view_get_text(const struct view *o, const char *key)
{
    struct view *v = view_get(o, key);
    return view_kind(v) == VIEW_TEXT ? json_object_get_string(node(v)) : NULL;
}

int64_t view_get_int(const struct view *o, const char *key, int64_t otherwise)
{
    struct view *v = view_get(o, key);
    return view_kind(v) == VIEW_INT ? json_object_get_int64(node(v)) : otherwise;
}

bool view_get_bool(const struct view *o, const char *key)
{
    return view_value_bool(view_get(o, key));
}

size_t view_count(const struct view *array)
{
    return view_kind(array) == VIEW_ARRAY ? json_object_array_length(node(array)) : 0;
}

struct view *view_at(const struct view *array, size_t i)
{
    return i < view_count(array) ? view_of(json_object_array_get_idx(node(array), i)) : NULL;
}

const char *view_value_text(struct view *v)
{
    enum view_kind kind = view_kind(v);
    if (kind == VIEW_NULL || kind == VIEW_ARRAY || kind == VIEW_OBJECT)
        return NULL;
    return json_object_get_string(node(v));
}

int64_t view_value_int(const struct view *v)
{
    return view_kind(v) == VIEW_INT ? json_object_get_int64(node(v)) : 0;
}

bool view_value_bool(const struct view *v)
{
    return view_kind(v) == VIEW_BOOL && json_object_get_boolean(node(v));
}

bool view_member(const struct view *o, size_t i, const char **key, struct view **value)
{
    if (view_kind(o) != VIEW_OBJECT)
        return false;
    struct lh_entry *entry = lh_table_head(json_object_get_object(node(o)));
    while (entry && i-- > 0)
        entry = lh_entry_next(entry);
    if (!entry)
        return false;
    *key = lh_entry_k(entry);
    *value = view_of(lh_entry_v(entry));
    return true;
}

const char *view_serialize(struct arena *a, const struct view *v)
{
    if (!v)
        return "null";
    size_t n;
    const char *text = json_object_to_json_string_length(node(v), SERIALISED, &n);
    if (!text)
        abort();
    return arena_strndup(a, text, n);
}
