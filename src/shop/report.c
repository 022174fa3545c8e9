/* Rows as tables. */
#include "shop/report.h"

#include <string.h>

#include "core/arena.h"
#include "core/view.h"

static const char *title(const struct op *op, const struct report_column *c)
{
    return op->lang == LANG_FA ? c->fa : c->en;
}

void report_items(const struct rows *r, const struct report_column *columns, size_t n, struct view *list)
{
    for (int i = 0; i < r->count; i++) {
        struct view *v = view_append(list);
        for (size_t k = 0; k < n; k++)
            if (columns[k].kind == ROW_INT)
                view_int(v, columns[k].name, row_int_or(r, i, columns[k].name, 0));
            else
                view_text(v, columns[k].name, row_text(r, i, columns[k].name));
    }
}

static const char *text_of(struct op *op, const struct rows *r, int row, const struct report_column *c)
{
    const char *value = row_text(r, row, c->name);
    return value && c->show ? c->show(op, value) : value;
}

void report_table(struct op *op, const struct rows *r, const struct report_column *columns, size_t n, struct view *into)
{
    struct view *head = view_array(into, "head"), *rows = view_array(into, "rows");
    for (size_t k = 0; k < n; k++)
        if (!columns[k].code)
            view_append_text(head, title(op, &columns[k]));
    for (int i = 0; i < r->count; i++) {
        struct view *cells = view_array(view_append(rows), "cells");
        for (size_t k = 0; k < n; k++)
            if (columns[k].kind == ROW_INT)
                view_int(view_append(cells), "number", row_int_or(r, i, columns[k].name, 0));
            else if (!columns[k].code)
                view_text(view_append(cells), "text", text_of(op, r, i, &columns[k]));
    }
}

static void add_text(struct buf *b, const char *s)
{
    buf_str(b, "\"");
    if (s[0] && strchr("=+-@\t\r", s[0]))
        buf_str(b, "'");
    for (; *s; s++) {
        if (*s == '"')
            buf_str(b, "\"");
        buf_add(b, s, 1);
    }
    buf_str(b, "\"");
}

static void add_cell(struct op *op, struct buf *b, const struct rows *r, int row, const struct report_column *c)
{
    const char *text = text_of(op, r, row, c);
    if (c->kind != ROW_INT)
        add_text(b, text ? text : "");
    else if (!row_null(r, row, c->name))
        buf_printf(b, "%lld", (long long)row_int(r, row, c->name));
}

struct str report_csv(struct op *op, const struct rows *r, const struct report_column *columns, size_t n)
{
    struct buf b;
    buf_init(&b, op->arena, 4096);
    buf_str(&b, "\xef\xbb\xbf");
    for (size_t k = 0; k < n; k++) {
        add_text(&b, title(op, &columns[k]));
        buf_str(&b, k + 1 < n ? "," : "\r\n");
    }
    for (int i = 0; i < r->count; i++)
        for (size_t k = 0; k < n; k++) {
            add_cell(op, &b, r, i, &columns[k]);
            buf_str(&b, k + 1 < n ? "," : "\r\n");
        }
    return buf_slice(&b);
}
