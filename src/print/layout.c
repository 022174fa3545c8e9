/* Documents on pages. */
#include "print/layout.h"

#include <pango/pangocairo.h>
#include <stdbool.h>
#include <string.h>

#include "print/markup.h"

#define FONT "Vazirmatn"
#define MARGIN 28.0
#define FOOT 18.0 /* below what is written, for the page's number */
#define GAP 8.0
#define PAD 3.5
#define TITLE_SIZE 13
#define TEXT_SIZE 8
#define SMALL_SIZE 7
#define CELL_LINES 12 /* a longer text ends with an ellipsis: a row always fits on a page */
#define SIGN_HEIGHT 56.0
#define SUM_SHARE 0.45 /* of the width */

struct flow {
    const struct print_document *doc;
    PangoContext *context;
    cairo_t *cr;
    double width, height, y;
    int page, pages; /* pages: known in the second pass */
    bool in_table;
};

static double inner(const struct flow *f) { return f->width - 2 * MARGIN; }

static PangoLayout *text_of(struct flow *f, const char *text, double width, int size, bool bold, enum print_align align)
{
    PangoLayout *l = pango_layout_new(f->context);
    PangoFontDescription *font = pango_font_description_from_string(FONT);
    bool right = f->doc->rtl ? align == PRINT_START : align == PRINT_END;
    pango_font_description_set_size(font, size * PANGO_SCALE);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(l, font);
    pango_font_description_free(font);
    pango_layout_set_auto_dir(l, FALSE);
    pango_layout_set_width(l, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_height(l, -CELL_LINES);
    pango_layout_set_ellipsize(l, PANGO_ELLIPSIZE_END);
    pango_layout_set_alignment(l, align == PRINT_CENTER ? PANGO_ALIGN_CENTER : right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
    pango_layout_set_text(l, text, -1);
    return l;
}

static double height_of(PangoLayout *l)
{
    int w, h;
    pango_layout_get_size(l, &w, &h);
    return (double)h / PANGO_SCALE;
}

static void show(struct flow *f, PangoLayout *l, double x, double y)
{
    cairo_move_to(f->cr, x, y);
    pango_cairo_show_layout(f->cr, l);
}

static void frame(struct flow *f, double x, double y, double w, double h, bool filled)
{
    cairo_rectangle(f->cr, x, y, w, h);
    if (filled) {
        cairo_set_source_rgb(f->cr, 0.93, 0.93, 0.93);
        cairo_fill_preserve(f->cr);
    }
    cairo_set_source_rgb(f->cr, 0.45, 0.45, 0.45);
    cairo_stroke(f->cr);
    cairo_set_source_rgb(f->cr, 0, 0, 0);
}

/* "Page [page] of [pages]", the numbers in the document's digits. */
static char *page_text(const struct flow *f)
{
    GString *out = g_string_new(f->doc->page);
    const struct { const char *slot; int number; } slots[] = { { "[page]", f->page }, { "[pages]", f->pages } };
    for (size_t i = 0; i < G_N_ELEMENTS(slots); i++) {
        GString *number = g_string_new("");
        char *plain = g_strdup_printf("%d", slots[i].number);
        for (const char *p = plain; *p; p++)
            g_string_append_unichar(number, f->doc->rtl ? 0x6f0u + (gunichar)(*p - '0') : (gunichar)*p);
        g_string_replace(out, slots[i].slot, number->str, 1);
    }
    return out->str;
}

static void foot(struct flow *f)
{
    PangoLayout *l = text_of(f, page_text(f), inner(f), SMALL_SIZE, false, PRINT_CENTER);
    show(f, l, MARGIN, f->height - MARGIN);
    g_object_unref(l);
}

static void table_row(struct flow *f, const GPtrArray *cells, bool head);

static void new_page(struct flow *f)
{
    if (f->page > 0) {
        foot(f);
        cairo_show_page(f->cr);
    }
    f->page++;
    f->y = MARGIN;
    if (f->page == 1)
        return;
    PangoLayout *l = text_of(f, f->doc->running, inner(f), SMALL_SIZE, false, PRINT_START);
    show(f, l, MARGIN, f->y);
    f->y += height_of(l) + GAP / 2;
    g_object_unref(l);
    if (f->in_table)
        table_row(f, f->doc->columns, true);
}

static void room(struct flow *f, double height)
{
    if (f->y + height > f->height - MARGIN - FOOT)
        new_page(f);
}

/* Where a part of the row's width begins, counted from the side where reading begins. */
static double begin(const struct flow *f, double before, double width)
{
    return f->doc->rtl ? f->width - MARGIN - before - width : MARGIN + before;
}

static void table_row(struct flow *f, const GPtrArray *cells, bool head)
{
    const GPtrArray *columns = f->doc->columns;
    double all = 0, high = 0, before = 0;
    PangoLayout **layouts = g_new0(PangoLayout *, columns->len);
    for (guint i = 0; i < columns->len; i++)
        all += ((const struct print_column *)columns->pdata[i])->width;
    for (guint i = 0; i < columns->len; i++) {
        const struct print_column *c = columns->pdata[i];
        const char *text = head ? c->title : i < cells->len ? cells->pdata[i] : "";
        layouts[i] = text_of(f, text, inner(f) * c->width / all - 2 * PAD, head ? SMALL_SIZE : TEXT_SIZE, false,
                             head ? PRINT_CENTER : c->align);
        high = MAX(high, height_of(layouts[i]) + 2 * PAD);
    }
    if (!head)
        room(f, high);
    for (guint i = 0; i < columns->len; i++) {
        double w = inner(f) * ((const struct print_column *)columns->pdata[i])->width / all, x = begin(f, before, w);
        frame(f, x, f->y, w, high, head);
        show(f, layouts[i], x + PAD, f->y + PAD);
        g_object_unref(layouts[i]);
        before += w;
    }
    g_free(layouts);
    f->y += high;
}

static void title(struct flow *f)
{
    double side = inner(f) * 0.3, start = f->y;
    PangoLayout *l = text_of(f, f->doc->title, inner(f) - side, TITLE_SIZE, true, PRINT_START);
    show(f, l, begin(f, 0, inner(f) - side), f->y);
    double low = f->y + height_of(l);
    g_object_unref(l);
    for (guint i = 0; i < f->doc->facts->len; i++) {
        const struct print_pair *p = f->doc->facts->pdata[i];
        char *line = g_strdup_printf("%s: %s", p->label, p->value);
        l = text_of(f, line, side, TEXT_SIZE, false, PRINT_START);
        show(f, l, begin(f, inner(f) - side, side), start);
        start += height_of(l) + 1;
        g_object_unref(l);
        g_free(line);
    }
    f->y = MAX(low, start) + GAP;
}

/* A party's facts run on, each with its label. */
static void party(struct flow *f, const struct print_party *p)
{
    GString *facts = g_string_new("");
    for (guint i = 0; i < p->facts->len; i++) {
        const struct print_pair *fact = p->facts->pdata[i];
        if (*fact->value)
            g_string_append_printf(facts, "%s%s: %s", facts->len ? "   " : "", fact->label, fact->value);
    }
    PangoLayout *head = text_of(f, p->title, inner(f) - 2 * PAD, SMALL_SIZE, true, PRINT_START);
    PangoLayout *body = text_of(f, facts->str, inner(f) - 2 * PAD, TEXT_SIZE, false, PRINT_START);
    double top = height_of(head) + 2 * PAD, high = height_of(body) + 2 * PAD;
    room(f, top + high);
    frame(f, MARGIN, f->y, inner(f), top, true);
    show(f, head, MARGIN + PAD, f->y + PAD);
    frame(f, MARGIN, f->y + top, inner(f), high, false);
    show(f, body, MARGIN + PAD, f->y + top + PAD);
    g_object_unref(head);
    g_object_unref(body);
    f->y += top + high + GAP / 2;
}

static void table(struct flow *f)
{
    if (f->doc->columns->len == 0)
        return;
    f->y += GAP / 2;
    room(f, 60);
    table_row(f, f->doc->columns, true);
    f->in_table = true;
    for (guint i = 0; i < f->doc->rows->len; i++)
        table_row(f, f->doc->rows->pdata[i], false);
    f->in_table = false;
    f->y += GAP;
}

static void sum(struct flow *f, const struct print_pair *p)
{
    double w = inner(f) * SUM_SHARE, before = inner(f) - w;
    PangoLayout *label = text_of(f, p->label, w / 2 - 2 * PAD, TEXT_SIZE, false, PRINT_START);
    PangoLayout *value = text_of(f, p->value, w / 2 - 2 * PAD, TEXT_SIZE, false, PRINT_END);
    double high = MAX(height_of(label), height_of(value)) + 2 * PAD;
    room(f, high);
    frame(f, begin(f, before, w), f->y, w, high, false);
    show(f, label, begin(f, before, w / 2) + PAD, f->y + PAD);
    show(f, value, begin(f, before + w / 2, w / 2) + PAD, f->y + PAD);
    g_object_unref(label);
    g_object_unref(value);
    f->y += high;
}

static void line(struct flow *f, const char *text)
{
    PangoLayout *l = text_of(f, text, inner(f), TEXT_SIZE, false, PRINT_START);
    room(f, height_of(l) + GAP / 2);
    show(f, l, MARGIN, f->y + GAP / 2);
    f->y += height_of(l) + GAP / 2;
    g_object_unref(l);
}

static void signs(struct flow *f)
{
    const GPtrArray *all = f->doc->signs;
    if (all->len == 0)
        return;
    double w = inner(f) / all->len;
    f->y += GAP;
    room(f, SIGN_HEIGHT);
    for (guint i = 0; i < all->len; i++) {
        double x = begin(f, w * i, w);
        PangoLayout *l = text_of(f, all->pdata[i], w - 2 * PAD, TEXT_SIZE, false, PRINT_CENTER);
        frame(f, x, f->y, w, SIGN_HEIGHT, false);
        show(f, l, x + PAD, f->y + PAD);
        g_object_unref(l);
    }
    f->y += SIGN_HEIGHT;
}

/* Returns how many pages there were. */
static int pass(struct flow f, cairo_t *cr, int pages)
{
    f.cr = cr;
    f.pages = pages;
    cairo_set_line_width(cr, 0.5);
    new_page(&f);
    title(&f);
    for (guint i = 0; i < f.doc->parties->len; i++)
        party(&f, f.doc->parties->pdata[i]);
    table(&f);
    for (guint i = 0; i < f.doc->sums->len; i++)
        sum(&f, f.doc->sums->pdata[i]);
    for (guint i = 0; i < f.doc->texts->len; i++)
        line(&f, f.doc->texts->pdata[i]);
    signs(&f);
    foot(&f);
    return f.page;
}

void print_layout(const struct print_document *doc, PangoContext *context, cairo_t *cr, double width, double height)
{
    const struct flow f = { .doc = doc, .context = context, .width = width, .height = height };
    pango_context_set_base_dir(context, doc->rtl ? PANGO_DIRECTION_RTL : PANGO_DIRECTION_LTR);
    pango_context_set_language(context, pango_language_from_string(doc->rtl ? "fa" : "en"));
    cairo_surface_t *nowhere = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
    cairo_t *trial = cairo_create(nowhere);
    int pages = pass(f, trial, 0);
    cairo_destroy(trial);
    cairo_surface_destroy(nowhere);
    pass(f, cr, pages);
    cairo_show_page(cr);
}
