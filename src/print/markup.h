/* What a document says, read from the small markup that the templates under web/templates/print write:
 *
 *   <document lang="fa" orientation="landscape" running="on later pages" page="Page [page] of [pages]">
 *     <title>…</title> <fact label="…">…</fact>
 *     <party title="…"> <fact label="…">…</fact> </party>
 *     <column width="3" align="end">…</column> <row> <cell>…</cell> </row>
 *     <sum label="…">…</sum> <text>…</text> <sign>…</sign>
 *   </document>
 *
 * Texts are plain: what they hold is shown as it is. The order of the kinds on paper is that of the
 * struct. Pure. In the child of print/pdf.c; the tree lives as long as it. */
#ifndef PRINT_MARKUP_H
#define PRINT_MARKUP_H

#include <glib.h>
#include <stdbool.h>

#include "core/str.h"

enum print_align { PRINT_START, PRINT_CENTER, PRINT_END };

struct print_pair {
    const char *label, *value;
};
struct print_party {
    const char *title;
    GPtrArray *facts; /* struct print_pair */
};
struct print_column {
    const char *title;
    double width; /* its share of the row */
    enum print_align align;
};
struct print_document {
    bool rtl, landscape;
    const char *running, *page;
    const char *title;
    GPtrArray *facts;   /* struct print_pair, beside the title */
    GPtrArray *parties; /* struct print_party */
    GPtrArray *columns; /* struct print_column */
    GPtrArray *rows;    /* GPtrArray of const char * */
    GPtrArray *sums;    /* struct print_pair */
    GPtrArray *texts;   /* const char * */
    GPtrArray *signs;   /* const char * */
};

/* NULL with *error when it is not that markup. */
struct print_document *print_markup(struct str markup, const char **error);

#endif
