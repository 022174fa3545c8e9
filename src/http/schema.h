/* Input schemas: a body (JSON or HTML form) or a query string is decoded into a struct by a table
 * of fields. All errors are collected with JSON Pointers; an unknown field is an error. Persian and
 * Arabic digits are folded in every number, code and phone. Absent: NULL, INT_ABSENT, BOOL_ABSENT.
 * Forms write nested names with dots ("address.city", "lines.0.quantity"). Null and blank text
 * count as absent; `present_offset` tells them from a member that did not come. Bounds: max 0 means
 * the type's own (text 500, longtext 20000, secret 4096, email 254, code and digits 64, slug 200,
 * arrays 100 items) or none; an integer without bounds is 0 or more. At most 50 field errors are
 * reported. Worker processes; results live in the request arena. */
#ifndef HTTP_SCHEMA_H
#define HTTP_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"

struct view;
struct op;

#define INT_ABSENT INT64_MIN
#define BOOL_ABSENT (-1)

enum field_type {
    F_TEXT,     /* const char *: cleaned one line; min/max in code points */
    F_LONGTEXT, /* const char *: cleaned, newlines kept */
    F_SECRET,   /* const char *: as sent, bytes (passwords, tokens) */
    F_INT,      /* int64_t within min…max; digits folded, separators allowed */
    F_BOOL,     /* int: 1, 0 or BOOL_ABSENT; JSON booleans, "true", "false", "on", "1", "0" */
    F_PHONE,    /* const char *: mobile as E.164 */
    F_TEL,      /* const char *: mobile or landline as E.164 */
    F_EMAIL,    /* const char *: one '@', lower-cased domain */
    F_CODE,     /* const char *: text_fold_code */
    F_DIGITS,   /* const char *: folded digits only; min/max count them */
    F_SLUG,     /* const char *: letters, digits, '-' */
    F_UUID,     /* const char *: lower case */
    F_ENUM,     /* const char *: one of `choices` (" a b c ") */
    F_TIME,     /* int64_t Unix seconds: RFC 3339, or a date (Tehran midnight) */
    F_DECIMAL6, /* int64_t: a decimal number in millionths (lat, lng) */
    F_OBJECT,   /* struct pointer by `sub` (NULL absent) */
    F_ARRAY,    /* pointer to array of `sub` structs + size_t at count_offset; min/max: items */
    F_FILE,     /* const struct upload *: a file part of a multipart form */
};

enum field_flags {
    F_REQUIRED = 1,
    F_NULLABLE = 2,
    F_BARE = 4,  /* F_OBJECT: a text alone stands for the first field of `sub`; F_ARRAY: so does each item */
    F_PAIRS = 8, /* F_ARRAY: an object stands for rows of `sub`, member by member: name and value are
                  * its first two fields */
};

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    int64_t min, max;
    unsigned flags;
    const char *choices;
    const struct schema *sub;
    size_t count_offset;
    size_t present_offset; /* of a bool set when the member came, also as null; 0: not wanted */
    const char *doc;       /* one line for OpenAPI; may be NULL */
};

struct schema {
    const char *name; /* "cart_item_in", for OpenAPI */
    size_t size;
    const struct field *fields;
    size_t count;
};

#define FIELD(type_, struct_, member, ...) \
    { .name = #member, .type = type_, .offset = offsetof(struct struct_, member), __VA_ARGS__ }
#define SCHEMA(struct_, table) \
    { .name = #struct_, .size = sizeof(struct struct_), .fields = table, \
      .count = sizeof(table) / sizeof((table)[0]) }

struct upload;

/* Decodes a parsed tree (from JSON, or from a form by form_tree) into a fresh struct. Common fields
 * accepted everywhere and passed over: _method, _idempotency_key, altcha. */
enum err schema_decode(struct op *op, const struct schema *s, const struct view *tree,
                       const struct upload *uploads, size_t upload_count, void **out) MUST_CHECK;
/* The same for a query string: unknown names are passed over. */
enum err schema_decode_query(struct op *op, const struct schema *s, const struct view *tree,
                             void **out) MUST_CHECK;
/* application/x-www-form-urlencoded or a query string to a tree of text values; dots nest. At most
 * 500 pairs. NULL with *error on bad percent-encoding or UTF-8. */
struct view *form_tree(struct op *op, struct str encoded, const char **error);

#endif
