/* What a compiled template is made of: a flat array of codes; a section knows the index of its end,
 * so rendering jumps instead of searching. Private to http/template*.c and http/filters.c. Made
 * once at start (process arena), constant afterwards. */
#ifndef HTTP_TEMPLATE_CODE_H
#define HTTP_TEMPLATE_CODE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/lang.h"
#include "core/str.h"

struct arena;
struct buf;
struct filter;
struct view;

#define TEMPLATE_DEPTH 64 /* sections open in one template; partials inside partials */

/* A dotted name, split. No parts and no literal: the implicit iterator ".". */
struct name {
    const char **parts;
    size_t count;
    const char *literal; /* 'quoted' in the tag: the value itself */
};

struct filter_use {
    const struct filter *filter;
    const char *arg;      /* behind the colon; "" when there is none */
    struct name arg_name; /* the same as a name, for filters that look their argument up */
};

enum code_kind { CODE_TEXT, CODE_VALUE, CODE_SECTION, CODE_INVERTED, CODE_END, CODE_PARTIAL };

struct code {
    enum code_kind kind;
    bool escape;     /* VALUE */
    bool line_start; /* first of its line: the indentation of a partial goes before it */
    bool standalone; /* PARTIAL: alone on its line */
    size_t end;      /* SECTION, INVERTED: index of the matching CODE_END */
    struct str text; /* TEXT: the bytes; PARTIAL: white space before a standalone tag */
    const char *partial;
    struct name name;
    const struct filter_use *filters;
    size_t filter_count;
};

struct template {
    const char *name;
    struct code *codes;
    size_t count;
};

struct asset {
    const char *name;
    const char *path; /* "/static/app.0123456789ab.css" */
};

struct templates {
    struct template **list; /* by name */
    size_t count;
    struct view *texts[LANG_COUNT]; /* {"t": {…}}: the lowest context; NULL: not loaded */
    struct asset *assets;           /* by name */
    size_t asset_count;
};

/* The context stack: each section adds a frame that lives on the C stack of its rendering. */
struct frame {
    struct view *value;
    const struct frame *up;
};

/* Splits "a.b.c", "." or "'literal'"; false when a part is empty or the quote is not closed. */
bool name_parse(struct arena *a, struct str s, struct name *out);
/* Splits "name | filter:arg | filter". False with *error. */
bool expression_parse(struct arena *a, struct str s, struct name *name,
                      const struct filter_use **filters, size_t *count, const char **error);
/* Walks the stack. NULL: absent or null. *from (may be NULL): the frame that had the first part. */
struct view *name_lookup(const struct name *n, const struct frame *top, const struct frame **from);
/* The value as text: "" for null, arrays and objects; decimals without trailing zeros. */
const char *value_text(struct arena *a, struct view *v);
/* Fills {name} and {name|filter:arg} in a text of the locale files from the stack. */
const char *text_fill(const struct templates *t, struct arena *a, enum lang lang, const char *text,
                      const struct frame *top);
void html_escape(struct buf *out, struct str s);

#endif
