/* The types of fields that hold one value: a row each, with what it accepts and how it is read.
 * Private to the schema decoder and to whoever documents schemas. Worker processes. */
#ifndef HTTP_SCHEMA_TYPES_H
#define HTTP_SCHEMA_TYPES_H

#include <stdint.h>

#include "core/str.h"
#include "http/schema.h"

struct scalar_input {
    struct arena *arena;
    const struct field *field;
    struct view *value; /* for JSON numbers and booleans */
    bool is_text;
    struct str text; /* the string; when it is none, the value written out */
};

enum slot_kind { SLOT_POINTER, SLOT_INT64, SLOT_FLAG }; /* a pointer, int64_t, int */

struct scalar_type {
    const char *name;  /* for documentation: "text", "int", … */
    enum slot_kind slot;
    unsigned accepts;  /* bits 1 << enum view_kind */
    int64_t max;       /* when the field sets none; 0: unbounded */
    /* Stores into *slot and gives NULL, or the code of what is wrong (field_errors.def). Text that
     * is empty after cleaning leaves *slot as it is. */
    const char *(*parse)(const struct scalar_input *in, void *slot);
};

/* Where a field of any type is stored. */
enum slot_kind schema_slot(enum field_type type);
/* NULL for F_OBJECT, F_ARRAY and F_FILE. */
const struct scalar_type *schema_scalar(enum field_type type);
/* The upper bound in force: the field's, else its type's; INT64_MAX when there is none. */
int64_t schema_max(const struct field *field);

#endif
