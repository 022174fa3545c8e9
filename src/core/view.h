/* Views: the tree that a handler fills once and that leaves as JSON or through a template. A thin
 * face over json-c so that what is inside can change. Every node is owned by the arena of its root
 * (registered with arena_defer); functions that add a child return the child. Any process. */
#ifndef CORE_VIEW_H
#define CORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

struct arena;
struct view; /* opaque: an object, array, string, number, boolean (null is the NULL pointer) */

enum view_kind { VIEW_NULL, VIEW_BOOL, VIEW_INT, VIEW_DOUBLE, VIEW_TEXT, VIEW_ARRAY, VIEW_OBJECT };

struct view *view_new(struct arena *a);       /* a fresh object, released with the arena */
struct view *view_new_array(struct arena *a);
/* Parses JSON: at most `depth` levels, valid UTF-8, nothing behind the value. NULL with *error set
 * to a short reason. JSON null at the root gives NULL with *error NULL. */
struct view *view_parse(struct arena *a, struct str json, int depth, const char **error);

/* Set a member of an object; an existing one is replaced. */
void view_text(struct view *o, const char *key, const char *value); /* NULL gives null */
void view_int(struct view *o, const char *key, int64_t value);
void view_bool(struct view *o, const char *key, bool value);
void view_null(struct view *o, const char *key);
struct view *view_object(struct view *o, const char *key); /* adds {} */
struct view *view_array(struct view *o, const char *key);  /* adds [] */
/* Adds already serialised JSON (from the database) as a subtree; invalid JSON is a bug (abort). */
struct view *view_json(struct view *o, const char *key, const char *json);
/* Shares an existing node under another parent (reference counted). */
void view_attach(struct view *o, const char *key, struct view *child);
void view_remove(struct view *o, const char *key);

/* Append to an array. */
struct view *view_append(struct view *array); /* appends {} */
void view_append_text(struct view *array, const char *value);
void view_append_int(struct view *array, int64_t value);
void view_append_view(struct view *array, struct view *child);

/* Read. */
enum view_kind view_kind(const struct view *v);
/* NULL: absent, null, or o is not an object. */
struct view *view_get(const struct view *o, const char *key);
bool view_has(const struct view *o, const char *key);         /* true for a present null */
const char *view_get_text(const struct view *o, const char *key); /* NULL unless a string */
int64_t view_get_int(const struct view *o, const char *key, int64_t otherwise);
bool view_get_bool(const struct view *o, const char *key);
size_t view_count(const struct view *array);
struct view *view_at(const struct view *array, size_t i);
const char *view_value_text(struct view *v); /* the string, or the number or boolean written out */
int64_t view_value_int(const struct view *v);
bool view_value_bool(const struct view *v);

/* Iterates the members of an object in insertion order; start with i = 0, false at the end. */
bool view_member(const struct view *o, size_t i, const char **key, struct view **value);

/* Compact JSON, arena-owned, slashes not escaped. NULL gives "null". */
const char *view_serialize(struct arena *a, const struct view *v);

#endif
