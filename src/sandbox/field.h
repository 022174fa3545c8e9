/* Fields of JSON objects: lenient readers (a missing object, a missing key and a wrong type are the
 * same) and short writers. Writers give the value to the object. */
#ifndef SANDBOX_FIELD_H
#define SANDBOX_FIELD_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#define FIELD_TEXT_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

json_object *field_get(json_object *o, const char *key); /* NULL when absent or null */
const char *field_str(json_object *o, const char *key);  /* NULL unless a string; owned by o */
bool field_int(json_object *o, const char *key, int64_t *out); /* integer or its decimal text */
int64_t field_int_or(json_object *o, const char *key, int64_t otherwise);
bool field_bool(json_object *o, const char *key, bool otherwise); /* also 0/1 and "true"/"false" */
bool text_int(const char *s, int64_t *out); /* whole text is one decimal int64 */

void field_put(json_object *o, const char *key, json_object *value);
void field_put_str(json_object *o, const char *key, const char *s); /* NULL becomes null */
void field_put_int(json_object *o, const char *key, int64_t n);
void field_put_bool(json_object *o, const char *key, bool yes);
const char *field_text(json_object *o); /* compact JSON, owned by o */

#endif
