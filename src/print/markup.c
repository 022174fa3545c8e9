/* Reading the markup of documents. */
#include "print/markup.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    struct print_document *doc;
    struct print_party *party; /* NULL: outside of one */
    GPtrArray *row;
    struct print_column *column;
    const char *label; /* of the fact or sum whose text is being read */
    GString *text;
};

static const char *attribute(const char **names, const char **values, const char *name)
{
    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return g_strdup(values[i]);
    return "";
}

static void start_document(struct reading *r, const char **names, const char **values)
{
    r->doc->rtl = strcmp(attribute(names, values, "lang"), "fa") == 0;
    r->doc->landscape = strcmp(attribute(names, values, "orientation"), "landscape") == 0;
    r->doc->running = attribute(names, values, "running");
    r->doc->page = attribute(names, values, "page");
}

static void start_party(struct reading *r, const char **names, const char **values)
{
    r->party = g_new0(struct print_party, 1);
    r->party->title = attribute(names, values, "title");
    r->party->facts = g_ptr_array_new();
    g_ptr_array_add(r->doc->parties, r->party);
}

static void start_column(struct reading *r, const char **names, const char **values)
{
    const char *align = attribute(names, values, "align");
    r->column = g_new0(struct print_column, 1);
    r->column->width = g_ascii_strtod(attribute(names, values, "width"), NULL);
    r->column->align = strcmp(align, "end") == 0 ? PRINT_END : strcmp(align, "center") == 0 ? PRINT_CENTER : PRINT_START;
    if (!(r->column->width > 0))
        r->column->width = 1;
    g_ptr_array_add(r->doc->columns, r->column);
}

static void start_row(struct reading *r, const char **names, const char **values)
{
    (void)names;
    (void)values;
    r->row = g_ptr_array_new();
    g_ptr_array_add(r->doc->rows, r->row);
}

static void start_pair(struct reading *r, const char **names, const char **values)
{
    r->label = attribute(names, values, "label");
}

static struct print_pair *pair(const char *label, const char *value)
{
    struct print_pair *p = g_new0(struct print_pair, 1);
    *p = (struct print_pair){ label, value };
    return p;
}

static void end_title(struct reading *r, char *text) { r->doc->title = text; }
static void end_fact(struct reading *r, char *text)
{
    g_ptr_array_add(r->party ? r->party->facts : r->doc->facts, pair(r->label, text));
}
static void end_party(struct reading *r, char *text)
{
    (void)text;
    r->party = NULL;
}
static void end_column(struct reading *r, char *text) { r->column->title = text; }
static void end_cell(struct reading *r, char *text)
{
    if (r->row)
        g_ptr_array_add(r->row, text);
}
static void end_sum(struct reading *r, char *text) { g_ptr_array_add(r->doc->sums, pair(r->label, text)); }
static void end_text(struct reading *r, char *text) { g_ptr_array_add(r->doc->texts, text); }
static void end_sign(struct reading *r, char *text) { g_ptr_array_add(r->doc->signs, text); }

static const struct element {
    const char *name;
    void (*start)(struct reading *, const char **names, const char **values);
    void (*end)(struct reading *, char *text);
} elements[] = {
    { "document", start_document, NULL }, { "title", NULL, end_title },   { "fact", start_pair, end_fact },
    { "party", start_party, end_party },  { "column", start_column, end_column }, { "row", start_row, NULL },
    { "cell", NULL, end_cell },           { "sum", start_pair, end_sum }, { "text", NULL, end_text },
    { "sign", NULL, end_sign },
};

static const struct element *element_of(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(elements); i++)
        if (strcmp(elements[i].name, name) == 0)
            return &elements[i];
    return NULL;
}

static void on_start(GMarkupParseContext *context, const char *name, const char **names, const char **values, void *data,
                     GError **error)
{
    struct reading *r = data;
    const struct element *e = element_of(name);
    (void)context;
    if (!e) {
        g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_UNKNOWN_ELEMENT, "<%s> is not known", name);
        return;
    }
    g_string_truncate(r->text, 0);
    if (e->start)
        e->start(r, names, values);
}

static void on_end(GMarkupParseContext *context, const char *name, void *data, GError **error)
{
    struct reading *r = data;
    const struct element *e = element_of(name);
    (void)context;
    (void)error;
    if (e->end)
        e->end(r, g_strstrip(g_strdup(r->text->str)));
    g_string_truncate(r->text, 0);
}

static void on_text(GMarkupParseContext *context, const char *text, gsize n, void *data, GError **error)
{
    struct reading *r = data;
    (void)context;
    (void)error;
    g_string_append_len(r->text, text, (gssize)n);
}

struct print_document *print_markup(struct str markup, const char **error)
{
    static const GMarkupParser parser = { .start_element = on_start, .end_element = on_end, .text = on_text };
    struct print_document *doc = g_new0(struct print_document, 1);
    struct reading r = { .doc = doc, .label = "", .text = g_string_new("") };
    GError *wrong = NULL;
    GPtrArray **lists[] = { &doc->facts, &doc->parties, &doc->columns, &doc->rows, &doc->sums, &doc->texts, &doc->signs };
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        *lists[i] = g_ptr_array_new();
    doc->running = doc->page = doc->title = "";
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &r, NULL);
    if (!g_markup_parse_context_parse(context, markup.p, (gssize)markup.n, &wrong) ||
        !g_markup_parse_context_end_parse(context, &wrong)) {
        *error = wrong->message;
        return NULL;
    }
    return doc;
}
