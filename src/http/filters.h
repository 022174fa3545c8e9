/* Filters of templates: the table and how one is applied. A filter gets the value and the language
 * and gives text, ready-made HTML, or (for sections, which then add no context) yes or no. Filters
 * that format show nothing for null and pass on what they cannot read. Any process. */
#ifndef HTTP_FILTERS_H
#define HTTP_FILTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/lang.h"
#include "core/str.h"

struct arena;
struct frame;
struct templates;
struct view;

struct filter_input {
    const struct templates *templates; /* may be NULL */
    struct arena *arena;
    enum lang lang;
    struct view *value; /* NULL: null, or already text made by the filter before */
    const char *text;   /* the value as text, never NULL */
    const char *arg;    /* "" when none */
    struct view *other; /* the value that the argument names, for `same` and `in` */
    const struct frame *frame;
};

enum filter_kind { FILTER_TEXT, FILTER_HTML, FILTER_TEST };

struct filter {
    const char *name;
    enum filter_kind kind;
    const char *(*format)(const struct filter_input *in); /* TEXT, HTML */
    bool (*test)(const struct filter_input *in);          /* TEST */
};

const struct filter *filter_find(struct str name); /* NULL: no such filter */

#endif
