/* Compiles Mustache source into codes. */
#include "http/template_code.h"

#include <string.h>

#include "core/arena.h"
#include "core/str.h"
#include "http/filters.h"
#include "http/template.h"

struct parser {
    struct arena *a;
    const char *name;
    struct str src;
    size_t pos;
    struct str open, close; /* delimiters */
    struct code *codes;
    size_t count, cap;
    size_t sections[TEMPLATE_DEPTH]; /* indexes of the sections that are open */
    struct str section_tags[TEMPLATE_DEPTH];
    size_t depth;
    const char *error;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool fail_at(struct parser *p, size_t pos, const char *reason)
{
    int line = 1;
    for (size_t i = 0; i < pos && i < p->src.n; i++)
        line += p->src.p[i] == '\n';
    p->error = arena_printf(p->a, "%s:%d: %s", p->name, line, reason);
    return false;
}

static struct code *add_code(struct parser *p, enum code_kind kind, size_t pos)
{
    if (p->count == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 32;
        struct code *bigger = arena_array(p->a, struct code, cap);
        if (p->count)
            memcpy(bigger, p->codes, p->count * sizeof(*bigger));
        p->codes = bigger;
        p->cap = cap;
    }
    struct code *c = &p->codes[p->count++];
    c->kind = kind;
    c->line_start = pos == 0 || p->src.p[pos - 1] == '\n';
    return c;
}

static void add_text(struct parser *p, size_t from, size_t to)
{
    if (to > from)
        add_code(p, CODE_TEXT, from)->text = (struct str){ p->src.p + from, to - from };
}

static size_t find(struct str hay, size_t from, struct str needle)
{
    for (size_t i = from; i + needle.n <= hay.n; i++) {
        const char *first = memchr(hay.p + i, needle.p[0], hay.n - needle.n + 1 - i);
        if (!first)
            break;
        i = (size_t)(first - hay.p);
        if (memcmp(first, needle.p, needle.n) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* A tag that shows nothing and is alone on its line takes the whole line away. *from and *to are
 * widened to the white space before and the newline behind. */
static bool standalone(const struct parser *p, size_t *from, size_t *to)
{
    size_t left = *from, right = *to;
    while (left > 0 && is_blank(p->src.p[left - 1]))
        left--;
    if (left > 0 && p->src.p[left - 1] != '\n')
        return false;
    while (right < p->src.n && is_blank(p->src.p[right]))
        right++;
    if (right < p->src.n && p->src.p[right] == '\r' && right + 1 < p->src.n &&
        p->src.p[right + 1] == '\n')
        right++;
    if (right < p->src.n && p->src.p[right] != '\n')
        return false;
    *from = left;
    *to = right < p->src.n ? right + 1 : right;
    return true;
}

bool name_parse(struct arena *a, struct str s, struct name *out)
{
    *out = (struct name){ .count = 0 };
    s = str_trim(s);
    if (str_is(s, "."))
        return true;
    if (s.n >= 2 && (s.p[0] == '\'' || s.p[0] == '"')) {
        if (s.p[s.n - 1] != s.p[0])
            return false;
        out->literal = arena_strndup(a, s.p + 1, s.n - 2);
        return true;
    }
    size_t n = 1;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '.';
    out->parts = arena_array(a, const char *, n);
    for (size_t i = 0; i < n; i++) {
        struct str part = str_cut(&s, '.');
        if (part.n == 0)
            return false;
        out->parts[i] = str_dup(a, part);
    }
    out->count = n;
    return true;
}

static bool filter_parse(struct arena *a, struct str s, struct filter_use *use, const char **error)
{
    struct str filter_name = str_trim(str_cut(&s, ':'));
    use->filter = filter_find(filter_name);
    if (!use->filter) {
        *error = arena_printf(a, "no filter is called \"" STR_FMT "\"", STR_ARG(filter_name));
        return false;
    }
    s = str_trim(s);
    use->arg = str_dup(a, s);
    if (s.n == 0 || !name_parse(a, s, &use->arg_name))
        use->arg_name = (struct name){ .literal = use->arg };
    return true;
}

bool expression_parse(struct arena *a, struct str s, struct name *name,
                      const struct filter_use **filters, size_t *count, const char **error)
{
    struct str head = str_trim(str_cut(&s, '|'));
    if (!name_parse(a, head, name)) {
        *error = head.n ? arena_printf(a, "\"" STR_FMT "\" is not a name", STR_ARG(head))
                        : "a tag without a name";
        return false;
    }
    size_t n = 0;
    struct str rest = s;
    for (struct str r = s; r.n; n++)
        str_cut(&r, '|');
    struct filter_use *uses = n ? arena_array(a, struct filter_use, n) : NULL;
    for (size_t i = 0; i < n; i++)
        if (!filter_parse(a, str_cut(&rest, '|'), &uses[i], error))
            return false;
    for (size_t i = 0; i + 1 < n; i++)
        if (uses[i].filter->kind != FILTER_TEXT) {
            *error = arena_printf(a, "nothing can follow the filter \"%s\"", uses[i].filter->name);
            return false;
        }
    *filters = uses;
    *count = n;
    return true;
}

static bool set_expression(struct parser *p, struct code *c, struct str tag, size_t pos)
{
    const char *error = NULL;
    if (expression_parse(p->a, tag, &c->name, &c->filters, &c->filter_count, &error))
        return true;
    return fail_at(p, pos, error);
}

static bool add_value(struct parser *p, struct str tag, bool escape, size_t pos)
{
    struct code *c = add_code(p, CODE_VALUE, pos);
    c->escape = escape;
    if (!set_expression(p, c, tag, pos))
        return false;
    if (c->filter_count) {
        const struct filter *last = c->filters[c->filter_count - 1].filter;
        if (last->kind == FILTER_TEST)
            return fail_at(p, pos, arena_printf(p->a, "\"%s\" is a filter for sections",
                                                last->name));
        if (last->kind == FILTER_HTML)
            c->escape = false;
    }
    return true;
}

static bool open_section(struct parser *p, struct str tag, bool inverted, bool alone, size_t pos)
{
    if (p->depth == TEMPLATE_DEPTH)
        return fail_at(p, pos, "sections are nested too deeply");
    struct code *c = add_code(p, inverted ? CODE_INVERTED : CODE_SECTION, pos);
    if (alone)
        c->line_start = false;
    p->section_tags[p->depth] = tag;
    p->sections[p->depth++] = p->count - 1;
    return set_expression(p, c, tag, pos);
}

/* The closing tag repeats the opening one; its filters may be left out. */
static bool close_section(struct parser *p, struct str tag, bool alone, size_t pos)
{
    if (p->depth == 0)
        return fail_at(p, pos, arena_printf(p->a, "\"" STR_FMT "\" is closed but not open",
                                            STR_ARG(tag)));
    struct str opened = p->section_tags[--p->depth], head = opened;
    head = str_trim(str_cut(&head, '|'));
    if (!str_eq(tag, opened) && !str_eq(tag, head))
        return fail_at(p, pos, arena_printf(p->a, "\"" STR_FMT "\" is closed where \"" STR_FMT
                                            "\" is open", STR_ARG(tag), STR_ARG(opened)));
    struct code *c = add_code(p, CODE_END, pos);
    if (alone)
        c->line_start = false;
    p->codes[p->sections[p->depth]].end = p->count - 1;
    return true;
}

static bool add_partial(struct parser *p, struct str tag, struct str indent, bool alone, size_t pos)
{
    if (tag.n == 0)
        return fail_at(p, pos, "a partial without a name");
    struct code *c = add_code(p, CODE_PARTIAL, pos);
    c->partial = str_dup(p->a, tag);
    c->standalone = alone;
    if (alone) {
        c->line_start = false;
        c->text = indent;
    }
    return true;
}

static bool set_delimiters(struct parser *p, struct str tag, size_t pos)
{
    struct str open = tag, close;
    size_t i = 0;
    while (i < tag.n && !is_blank(tag.p[i]) && tag.p[i] != '\n' && tag.p[i] != '\r')
        i++;
    open.n = i;
    close = str_trim((struct str){ tag.p + i, tag.n - i });
    if (!open.n || !close.n || memchr(open.p, '=', open.n) || memchr(close.p, '=', close.n) ||
        memchr(close.p, ' ', close.n))
        return fail_at(p, pos, "delimiters are written {{=open close=}}");
    p->open = open;
    p->close = close;
    return true;
}

/* Finds the end of the tag that opens at `at`. *inside is its content without sigil and padding. */
static size_t tag_end(const struct parser *p, size_t at, char *sigil, struct str *inside)
{
    size_t start = at + p->open.n, stop, extra = 0;
    while (start < p->src.n && is_blank(p->src.p[start]))
        start++;
    *sigil = start < p->src.n && strchr("#^/!>&{=", p->src.p[start]) ? p->src.p[start] : 0;
    start += *sigil != 0;
    if (*sigil == '{' || *sigil == '=') {
        struct buf end;
        buf_init(&end, p->a, p->close.n + 2);
        buf_char(&end, *sigil == '{' ? '}' : '=');
        buf_add(&end, p->close.p, p->close.n);
        stop = find(p->src, start, buf_slice(&end));
        extra = 1;
    } else {
        stop = find(p->src, start, p->close);
    }
    if (stop == SIZE_MAX)
        return SIZE_MAX;
    *inside = str_trim((struct str){ p->src.p + start, stop - start });
    return stop + extra + p->close.n;
}

static bool add_tag(struct parser *p, char sigil, struct str tag, size_t at, struct str indent,
                    bool alone)
{
    switch (sigil) {
    case '!': return true;
    case '=': return set_delimiters(p, tag, at);
    case '#': return open_section(p, tag, false, alone, at);
    case '^': return open_section(p, tag, true, alone, at);
    case '/': return close_section(p, tag, alone, at);
    case '>': return add_partial(p, tag, indent, alone, at);
    case '&':
    case '{': return add_value(p, tag, false, at);
    default: return add_value(p, tag, true, at);
    }
}

static bool parse(struct parser *p)
{
    while (p->pos < p->src.n) {
        size_t at = find(p->src, p->pos, p->open);
        if (at == SIZE_MAX)
            break;
        char sigil;
        struct str tag;
        size_t from = at, to = tag_end(p, at, &sigil, &tag);
        if (to == SIZE_MAX)
            return fail_at(p, at, "a tag is not closed");
        bool alone = sigil && strchr("#^/!>=", sigil) && standalone(p, &from, &to);
        add_text(p, p->pos, from);
        if (!add_tag(p, sigil, tag, at, (struct str){ p->src.p + from, at - from }, alone))
            return false;
        p->pos = to;
    }
    add_text(p, p->pos, p->src.n);
    if (p->depth)
        return fail_at(p, p->src.n, arena_printf(p->a, "\"" STR_FMT "\" is never closed",
                                                 STR_ARG(p->section_tags[p->depth - 1])));
    return true;
}

struct template *template_compile(struct arena *a, const char *name, struct str source,
                                  const char **error)
{
    struct parser p = {
        .a = a,
        .name = name,
        .src = { arena_strndup(a, source.p ? source.p : "", source.n), source.n },
        .open = STR("{{"),
        .close = STR("}}"),
    };
    *error = NULL;
    if (!parse(&p)) {
        *error = p.error;
        return NULL;
    }
    struct template *t = arena_new(a, struct template);
    t->name = arena_strdup(a, name);
    t->codes = p.codes;
    t->count = p.count;
    return t;
}
