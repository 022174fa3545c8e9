/* Tables for people with spreadsheets: rows of a statement as JSON, as a page's table or as CSV (UTF-8
 * with a mark, so that every spreadsheet sees Persian). Any process. */
#ifndef SHOP_REPORT_H
#define SHOP_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/str.h"
#include "db/db.h"

struct view;

typedef const char *report_show(struct op *op, const char *value);

struct report_column {
    const char *name; /* of the statement's column and of the JSON member */
    enum row_kind kind;
    const char *fa, *en;
    report_show *show; /* how people read the value; NULL: as it is */
    bool code;         /* for programs and spreadsheets, not on the page */
};

report_show report_account, report_currency, report_gateway;
report_show report_word;    /* of report_words.def */
report_show report_problem; /* a code of field_errors.def */
report_show report_moment;  /* RFC 3339 in the reader's calendar */
report_show report_day; /* "2026-11-22" as a day of the reader's calendar; another text as it is */

/* [{name: value}] */
void report_items(const struct rows *r, const struct report_column *columns, size_t n, struct view *list);
/* {head: [title], rows: [{cells: [{text} or {number}]}]} */
void report_table(struct op *op, const struct rows *r, const struct report_column *columns, size_t n, struct view *into);
/* A text that a spreadsheet would take for a formula is kept a text. */
struct str report_csv(struct op *op, const struct rows *r, const struct report_column *columns, size_t n);

#endif
