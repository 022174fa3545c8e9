/* Renders compiled templates: name look-up on the context stack, sections, partials, escaping. */
#include <string.h>

#include "core/arena.h"
#include "core/str.h"
#include "core/view.h"
#include "http/filters.h"
#include "http/template.h"
#include "http/template_code.h"

struct render {
    const struct templates *templates;
    struct arena *a;
    enum lang lang;
    struct buf out;
    int partials; /* depth */
    bool too_deep;
};

static void render_range(struct render *r, const struct template *t, size_t from, size_t to,
                         const struct frame *top, struct str indent);

void html_escape(struct buf *out, struct str s)
{
    size_t done = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *entity;
        switch (s.p[i]) {
        case '&': entity = "&amp;"; break;
        case '<': entity = "&lt;"; break;
        case '>': entity = "&gt;"; break;
        case '"': entity = "&quot;"; break;
        case '\'': entity = "&#39;"; break;
        default: continue;
        }
        buf_add(out, s.p + done, i - done);
        buf_str(out, entity);
        done = i + 1;
    }
    buf_add(out, s.p + done, s.n - done);
}

static bool has_member(struct view *v, const char *key, struct view **out)
{
    if (view_kind(v) == VIEW_OBJECT) {
        *out = view_get(v, key);
        return *out || view_has(v, key);
    }
    int64_t i;
    if (view_kind(v) == VIEW_ARRAY && str_int(str_of(key), &i) && i >= 0 &&
        (size_t)i < view_count(v)) {
        *out = view_at(v, (size_t)i);
        return true;
    }
    return false;
}

struct view *name_lookup(const struct name *n, const struct frame *top, const struct frame **from)
{
    struct view *v = NULL;
    if (from)
        *from = top;
    if (n->count == 0)
        return top ? top->value : NULL;
    for (; top; top = top->up)
        if (top->value && has_member(top->value, n->parts[0], &v))
            break;
    if (from)
        *from = top;
    if (!top)
        return NULL;
    for (size_t i = 1; i < n->count && v; i++) {
        struct view *next = NULL;
        if (!has_member(v, n->parts[i], &next))
            return NULL;
        v = next;
    }
    return v;
}

const char *value_text(struct arena *a, struct view *v)
{
    switch (view_kind(v)) {
    case VIEW_NULL:
    case VIEW_ARRAY:
    case VIEW_OBJECT: return "";
    case VIEW_DOUBLE: break;
    case VIEW_BOOL:
    case VIEW_INT:
    case VIEW_TEXT: return view_value_text(v);
    }
    const char *s = view_value_text(v);
    size_t n = strlen(s);
    if (!strchr(s, '.') || strpbrk(s, "eE"))
        return s;
    while (n && s[n - 1] == '0')
        n--;
    if (n && s[n - 1] == '.')
        n--;
    return arena_strndup(a, s, n);
}

static bool truthy(struct view *v)
{
    switch (view_kind(v)) {
    case VIEW_NULL: return false;
    case VIEW_BOOL: return view_value_bool(v);
    case VIEW_INT: return view_value_int(v) != 0;
    case VIEW_DOUBLE: return strpbrk(view_value_text(v), "123456789") != NULL;
    case VIEW_TEXT: return *view_value_text(v) != '\0';
    case VIEW_ARRAY: return view_count(v) > 0;
    case VIEW_OBJECT: return true;
    }
    return false;
}

/* The value of an expression before its filters. A text of the locale files gets its placeholders
 * filled. */
static struct filter_input evaluate(const struct render *r, const struct name *name,
                                    const struct frame *top)
{
    const struct frame *from = NULL;
    struct filter_input in = {
        .templates = r->templates, .arena = r->a, .lang = r->lang, .arg = "", .frame = top,
    };
    if (name->literal) {
        in.text = name->literal;
        return in;
    }
    in.value = name_lookup(name, top, &from);
    in.text = value_text(r->a, in.value);
    if (from && !from->up && r->templates && from->value == r->templates->texts[r->lang] &&
        strchr(in.text, '{'))
        in.text = text_fill(r->templates, r->a, r->lang, in.text, top);
    return in;
}

/* Runs the filters that make text; returns the last one when it is a test, else NULL. */
static const struct filter *filter(struct filter_input *in, const struct filter_use *uses, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        in->arg = uses[i].arg;
        in->other = uses[i].arg_name.literal ? NULL : name_lookup(&uses[i].arg_name, in->frame,
                                                                  NULL);
        if (uses[i].filter->kind == FILTER_TEST)
            return uses[i].filter;
        in->text = uses[i].filter->format(in);
        in->value = NULL;
    }
    return NULL;
}

static void render_value(struct render *r, const struct code *c, const struct frame *top)
{
    struct filter_input in = evaluate(r, &c->name, top);
    filter(&in, c->filters, c->filter_count);
    if (c->escape)
        html_escape(&r->out, str_of(in.text));
    else
        buf_str(&r->out, in.text);
}

/* Without filters a section walks its value and adds it to the stack; with filters it asks a yes-no
 * question and adds nothing. */
static void render_section(struct render *r, const struct template *t, size_t at,
                           const struct frame *top, struct str indent)
{
    const struct code *c = &t->codes[at];
    bool inverted = c->kind == CODE_INVERTED;
    struct filter_input in = evaluate(r, &c->name, top);
    if (c->filter_count || c->name.literal) {
        const struct filter *test = filter(&in, c->filters, c->filter_count);
        if ((test ? test->test(&in) : *in.text != '\0') != inverted)
            render_range(r, t, at + 1, c->end + 1, top, indent);
    } else if (inverted) {
        if (!truthy(in.value))
            render_range(r, t, at + 1, c->end + 1, top, indent);
    } else if (view_kind(in.value) == VIEW_ARRAY) {
        for (size_t i = 0, n = view_count(in.value); i < n && !r->too_deep; i++) {
            struct frame frame = { view_at(in.value, i), top };
            render_range(r, t, at + 1, c->end + 1, &frame, indent);
        }
    } else if (truthy(in.value)) {
        struct frame frame = { in.value, top };
        render_range(r, t, at + 1, c->end + 1, &frame, indent);
    }
}

static void render_partial(struct render *r, const struct code *c, const struct frame *top,
                           struct str indent)
{
    const struct template *t = r->templates ? templates_find(r->templates, c->partial) : NULL;
    if (!t)
        return;
    if (r->partials == TEMPLATE_DEPTH) {
        r->too_deep = true;
        return;
    }
    struct str inner = { "", 0 };
    if (c->standalone && indent.n + c->text.n) {
        struct buf b;
        buf_init(&b, r->a, indent.n + c->text.n + 1);
        buf_add(&b, indent.p, indent.n);
        buf_add(&b, c->text.p, c->text.n);
        inner = buf_slice(&b);
    }
    r->partials++;
    render_range(r, t, 0, t->count, top, inner);
    r->partials--;
}

static void render_text(struct render *r, struct str text, struct str indent)
{
    if (indent.n == 0) {
        buf_add(&r->out, text.p, text.n);
        return;
    }
    while (text.n) {
        const char *nl = memchr(text.p, '\n', text.n);
        size_t n = nl ? (size_t)(nl - text.p) + 1 : text.n;
        buf_add(&r->out, text.p, n);
        text.p += n;
        text.n -= n;
        if (text.n)
            buf_add(&r->out, indent.p, indent.n);
    }
}

static void render_range(struct render *r, const struct template *t, size_t from, size_t to,
                         const struct frame *top, struct str indent)
{
    for (size_t i = from; i < to && !r->too_deep; i++) {
        const struct code *c = &t->codes[i];
        if (c->line_start && indent.n)
            buf_add(&r->out, indent.p, indent.n);
        switch (c->kind) {
        case CODE_TEXT: render_text(r, c->text, indent); break;
        case CODE_VALUE: render_value(r, c, top); break;
        case CODE_PARTIAL: render_partial(r, c, top, indent); break;
        case CODE_END: break;
        case CODE_SECTION:
        case CODE_INVERTED:
            render_section(r, t, i, top, indent);
            i = c->end;
            break;
        }
    }
}

/* One placeholder, without its braces; what cannot be read stays as it is. */
static void fill_one(const struct render *r, struct buf *out, struct str inside,
                     const struct frame *top)
{
    struct name name;
    const struct filter_use *uses = NULL;
    size_t n = 0;
    const char *error;
    if (!expression_parse(r->a, inside, &name, &uses, &n, &error)) {
        buf_printf(out, "{" STR_FMT "}", STR_ARG(inside));
        return;
    }
    struct filter_input in = {
        .templates = r->templates, .arena = r->a, .lang = r->lang, .arg = "", .frame = top,
        .value = name_lookup(&name, top, NULL),
    };
    in.text = value_text(r->a, in.value);
    filter(&in, uses, n);
    buf_str(out, in.text);
}

const char *text_fill(const struct templates *t, struct arena *a, enum lang lang, const char *text,
                      const struct frame *top)
{
    struct render r = { .templates = t, .a = a, .lang = lang };
    struct buf out;
    buf_init(&out, a, strlen(text) + 64);
    for (const char *open, *close; (open = strchr(text, '{')); text = close + 1) {
        close = strchr(open, '}');
        if (!close)
            break;
        buf_add(&out, text, (size_t)(open - text));
        fill_one(&r, &out, (struct str){ open + 1, (size_t)(close - open) - 1 }, top);
    }
    buf_str(&out, text);
    return buf_text(&out);
}

struct str template_render(const struct templates *t, const struct template *tpl, struct arena *a,
                           const struct view *context, enum lang lang)
{
    struct render r = { .templates = t, .a = a, .lang = lang };
    struct frame texts = { t ? t->texts[lang] : NULL, NULL };
    struct frame root = { (struct view *)context, texts.value ? &texts : NULL };
    buf_init(&r.out, a, 4096);
    render_range(&r, tpl, 0, tpl->count, &root, (struct str){ "", 0 });
    if (r.too_deep)
        return (struct str){ NULL, 0 };
    return (struct str){ buf_text(&r.out), r.out.n };
}
