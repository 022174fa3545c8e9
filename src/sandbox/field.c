/* Reading and writing fields of JSON objects. */
#include "sandbox/field.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

json_object *field_get(json_object *o, const char *key)
{
    json_object *v = NULL;
    if (!o || !json_object_is_type(o, json_type_object))
        return NULL;
    return json_object_object_get_ex(o, key, &v) ? v : NULL;
}

const char *field_str(json_object *o, const char *key)
{
    json_object *v = field_get(o, key);
    return v && json_object_is_type(v, json_type_string) ? json_object_get_string(v) : NULL;
}

bool text_int(const char *s, int64_t *out)
{
    if (!s || !*s || (*s != '-' && (*s < '0' || *s > '9')))
        return false;
    char *end = NULL;
    errno = 0;
    long long n = strtoll(s, &end, 10);
    if (errno || end == s || *end)
        return false;
    *out = n;
    return true;
}

bool field_int(json_object *o, const char *key, int64_t *out)
{
    json_object *v = field_get(o, key);
    if (v && json_object_is_type(v, json_type_int)) {
        *out = json_object_get_int64(v);
        return true;
    }
    return v && json_object_is_type(v, json_type_string) &&
           text_int(json_object_get_string(v), out);
}

int64_t field_int_or(json_object *o, const char *key, int64_t otherwise)
{
    int64_t n = 0;
    return field_int(o, key, &n) ? n : otherwise;
}

bool field_bool(json_object *o, const char *key, bool otherwise)
{
    json_object *v = field_get(o, key);
    if (!v)
        return otherwise;
    if (json_object_is_type(v, json_type_string)) {
        const char *s = json_object_get_string(v);
        return strcmp(s, "true") == 0 || strcmp(s, "1") == 0 || strcmp(s, "on") == 0;
    }
    return json_object_get_boolean(v);
}

void field_put(json_object *o, const char *key, json_object *value)
{
    json_object_object_add(o, key, value);
}

void field_put_str(json_object *o, const char *key, const char *s)
{
    json_object_object_add(o, key, s ? json_object_new_string(s) : NULL);
}

void field_put_int(json_object *o, const char *key, int64_t n)
{
    json_object_object_add(o, key, json_object_new_int64(n));
}

void field_put_bool(json_object *o, const char *key, bool yes)
{
    json_object_object_add(o, key, json_object_new_boolean(yes));
}

const char *field_text(json_object *o)
{
    return json_object_to_json_string_ext(o, FIELD_TEXT_FLAGS);
}
