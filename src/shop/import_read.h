/* Reading members of an import file: every fault is noted with its JSON Pointer and reading goes on,
 * so that one run names all faults of an item. Private to the import. */
#ifndef SHOP_IMPORT_READ_H
#define SHOP_IMPORT_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "shop/product_admin.h"

struct view;

/* An object of the file and where it stands. */
struct place {
    struct op *op;
    const struct view *at; /* NULL when it is no object */
    const char *pointer;
};

void import_fault(const struct place *p, const char *key, const char *code);
/* The items of an array member; absent: none. */
size_t import_count(const struct place *p, const char *key);
struct place import_item(const struct place *p, const char *key, size_t i);

const char *import_text(const struct place *p, const char *key, bool required);
/* Thirteen digits of any script; NULL when absent. */
const char *import_goods_id(const struct place *p, const char *key);
/* INT64_MIN when absent or null; otherwise within 0 … max. */
int64_t import_int(const struct place *p, const char *key, int64_t max, bool required);
bool import_bool(const struct place *p, const char *key, bool otherwise);
/* Seconds since 1970 of an RFC 3339 text; INT64_MIN when absent. */
int64_t import_time(const struct place *p, const char *key);
/* {fa, en} or a Persian text; NULL members when absent. `en` falls back to `fa`. */
struct words import_words(const struct place *p, const char *key, bool required);
/* [{name, value}] as JSON for the database; "[]" when absent. */
const char *import_options(const struct place *p, const char *key);

#endif
