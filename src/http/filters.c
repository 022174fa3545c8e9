/* The filters of templates, as a table. */
#include "http/filters.h"

#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/jalali.h"
#include "core/money.h"
#include "core/text.h"
#include "core/view.h"
#include "http/template.h"
#include "http/template_code.h"

static bool number_of(const struct filter_input *in, int64_t *out)
{
    return str_int(str_of(in->text), out);
}

static bool time_of(const struct filter_input *in, int64_t *out)
{
    const char *day = arena_printf(in->arena, "%sT00:00:00+03:30", in->text); /* "2026-12-05" */
    return clock_parse_rfc3339(str_of(in->text), out) || str_int(str_of(in->text), out) || clock_parse_rfc3339(str_of(day), out);
}

static const char *digits(const struct filter_input *in, const char *s)
{
    return text_digits(in->arena, s, (int)in->lang);
}

static const char *format_amount(const struct filter_input *in,
                                 const char *(*write)(struct arena *, int64_t, enum lang))
{
    int64_t n;
    return number_of(in, &n) ? write(in->arena, n, in->lang) : in->text;
}

static const char *format_toman(const struct filter_input *in)
{
    return format_amount(in, money_toman);
}

static const char *format_rial(const struct filter_input *in)
{
    return format_amount(in, money_rial);
}

static const char *format_money(const struct filter_input *in)
{
    return format_amount(in, money_format);
}

static const char *format_words(const struct filter_input *in)
{
    return format_amount(in, money_words);
}

static const char *format_time(const struct filter_input *in,
                               const char *(*write)(struct arena *, int64_t, enum lang))
{
    int64_t at;
    return time_of(in, &at) ? write(in->arena, at, in->lang) : in->text;
}

static const char *format_date(const struct filter_input *in)
{
    return format_time(in, jalali_date);
}

static const char *format_datetime(const struct filter_input *in)
{
    return format_time(in, jalali_datetime);
}

static const char *format_short(const struct filter_input *in)
{
    return format_time(in, jalali_short);
}

/* Distances up to a week in words; what lies farther away as a date. */
static const struct span {
    int64_t below, unit; /* seconds */
    const char *past[LANG_COUNT], *future[LANG_COUNT];
} spans[] = {
    { 3600, 60, { "%s دقیقه پیش", "%s min ago" }, { "%s دقیقهٔ دیگر", "in %s min" } },
    { 86400, 3600, { "%s ساعت پیش", "%s h ago" }, { "%s ساعت دیگر", "in %s h" } },
    { 604800, 86400, { "%s روز پیش", "%s d ago" }, { "%s روز دیگر", "in %s d" } },
};

static const char *format_ago(const struct filter_input *in)
{
    int64_t at;
    if (!time_of(in, &at))
        return in->text;
    int64_t ago = clock_unix() - at, distance = ago < 0 ? -ago : ago;
    if (distance < 60)
        return in->lang == LANG_FA ? "همین حالا" : "just now";
    for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
        if (distance >= spans[i].below)
            continue;
        const char *words = ago < 0 ? spans[i].future[in->lang] : spans[i].past[in->lang];
        const char *slot = strstr(words, "%s");
        const char *n = arena_printf(in->arena, "%lld", (long long)(distance / spans[i].unit));
        return arena_printf(in->arena, "%.*s%s%s", (int)(slot - words), words, digits(in, n),
                            slot + 2);
    }
    return jalali_date(in->arena, at, in->lang);
}

static const char *format_digits(const struct filter_input *in)
{
    const char *point = view_kind(in->value) == VIEW_DOUBLE && in->lang == LANG_FA
                            ? strchr(in->text, '.') : NULL;
    if (!point)
        return digits(in, in->text);
    return digits(in, arena_printf(in->arena, "%.*s٫%s", (int)(point - in->text), in->text,
                                   point + 1));
}

/* "+989123456789" as people write it: "0912 345 6789"; landlines "021 1234 5678". */
static const char *format_phone(const struct filter_input *in)
{
    const char *p = in->text;
    if (strncmp(p, "+98", 3) != 0 || strlen(p) != 13)
        return digits(in, p);
    p += 3;
    if (*p == '9')
        return digits(in, arena_printf(in->arena, "0%.3s %.3s %s", p, p + 3, p + 6));
    return digits(in, arena_printf(in->arena, "0%.2s %.4s %s", p, p + 2, p + 6));
}

/* Basis points: 950 is «۹٫۵٪». */
static const char *format_percent(const struct filter_input *in)
{
    int64_t bp;
    if (!number_of(in, &bp))
        return in->text;
    const char *s = arena_printf(in->arena, "%lld", (long long)(bp / 100));
    int rest = (int)(bp % 100 < 0 ? -(bp % 100) : bp % 100);
    const char *point = in->lang == LANG_FA ? "٫" : ".";
    if (rest % 10)
        s = arena_printf(in->arena, "%s%s%02d", s, point, rest);
    else if (rest)
        s = arena_printf(in->arena, "%s%s%d", s, point, rest / 10);
    return arena_printf(in->arena, "%s%s", digits(in, s), in->lang == LANG_FA ? "٪" : "%");
}

/* The text under the argument's prefix; a value that has none is shown as it is. */
static const char *format_t(const struct filter_input *in)
{
    const char *key = *in->arg ? arena_printf(in->arena, "%s.%s", in->arg, in->text) : in->text;
    if (!in->templates || !*in->text)
        return in->text;
    const struct view *texts = in->templates->texts[in->lang];
    struct name name;
    if (!texts || !name_parse(in->arena, str_of(arena_printf(in->arena, "t.%s", key)), &name))
        return in->text;
    struct frame frame = { (struct view *)texts, NULL };
    const char *text = value_text(in->arena, name_lookup(&name, &frame, NULL));
    if (!*text)
        return in->text;
    return text_fill(in->templates, in->arena, in->lang, text, in->frame);
}

/* Of a JSON Pointer the last name, whatever its place in lists: "/lines/0/quantity" is "/quantity". */
static const char *format_last(const struct filter_input *in)
{
    struct str rest = str_of(in->text), last = rest;
    while (rest.n > 0) {
        struct str name = str_cut(&rest, '/');
        if (name.n > 0 && (name.p[0] < '0' || name.p[0] > '9'))
            last = name;
    }
    return last.n && last.p != in->text ? str_dup(in->arena, (struct str){ last.p - 1, last.n + 1 }) : in->text;
}

static const char *format_url(const struct filter_input *in)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    struct buf b;
    buf_init(&b, in->arena, strlen(in->text) * 3 + 1);
    for (const char *p = in->text; *p; p++) {
        if (strchr(safe, *p))
            buf_char(&b, *p);
        else
            buf_printf(&b, "%%%02X", (unsigned char)*p);
    }
    return buf_text(&b);
}

/* An address that a link may carry: http, https, mailto, tel or a path of ours; else "#". */
static const char *format_href(const struct filter_input *in)
{
    static const char *const allowed[] = { "https://", "http://", "mailto:", "tel:" };
    for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
        if (strncmp(in->text, allowed[i], strlen(allowed[i])) == 0)
            return in->text;
    bool ours = in->text[0] == '/' && in->text[1] != '/' && in->text[1] != '\\';
    return ours ? in->text : "#";
}

static const char *format_json(const struct filter_input *in)
{
    if (in->value || !*in->text)
        return view_serialize(in->arena, in->value);
    struct view *list = view_new_array(in->arena);
    view_append_text(list, in->text);
    const char *s = view_serialize(in->arena, list);
    return arena_strndup(in->arena, s + 1, strlen(s) - 2);
}

static const char *format_lines(const struct filter_input *in)
{
    struct buf b;
    buf_init(&b, in->arena, strlen(in->text) + 64);
    struct str rest = str_of(in->text);
    for (bool first = true; rest.n; first = false) {
        struct str line = str_cut(&rest, '\n');
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (!first)
            buf_str(&b, "<br>\n");
        html_escape(&b, line);
    }
    return buf_text(&b);
}

static const char *format_asset(const struct filter_input *in)
{
    const struct templates *t = in->templates;
    for (size_t i = 0; t && i < t->asset_count; i++)
        if (strcmp(t->assets[i].name, in->text) == 0)
            return t->assets[i].path;
    return arena_printf(in->arena, "/static/%s", in->text);
}

static const char *format_count(const struct filter_input *in)
{
    size_t n = view_kind(in->value) == VIEW_ARRAY ? view_count(in->value) : 0;
    return digits(in, arena_printf(in->arena, "%zu", n));
}

/* One of the comma-separated words. */
static bool test_is(const struct filter_input *in)
{
    struct str words = str_of(in->arg);
    while (words.n)
        if (str_is(str_trim(str_cut(&words, ',')), in->text))
            return true;
    return false;
}

static bool test_has(const struct filter_input *in)
{
    if (view_kind(in->value) != VIEW_ARRAY)
        return false;
    for (size_t i = 0, n = view_count(in->value); i < n; i++)
        if (strcmp(value_text(in->arena, view_at(in->value, i)), in->arg) == 0)
            return true;
    return false;
}

static bool test_same(const struct filter_input *in)
{
    return *in->text && strcmp(value_text(in->arena, in->other), in->text) == 0;
}

static bool test_any(const struct filter_input *in)
{
    switch (view_kind(in->value)) {
    case VIEW_ARRAY: return view_count(in->value) > 0;
    case VIEW_OBJECT: return true;
    case VIEW_BOOL: return view_value_bool(in->value);
    case VIEW_NULL:
    case VIEW_INT:
    case VIEW_DOUBLE:
    case VIEW_TEXT: break;
    }
    return *in->text && strcmp(in->text, "0") != 0;
}

static bool test_below(const struct filter_input *in)
{
    int64_t n, limit;
    return number_of(in, &n) && str_int(str_of(in->arg), &limit) && n < limit;
}

static const struct filter filters[] = {
    { "ago", FILTER_TEXT, format_ago, NULL },
    { "any", FILTER_TEST, NULL, test_any },
    { "asset", FILTER_TEXT, format_asset, NULL },
    { "below", FILTER_TEST, NULL, test_below },
    { "count", FILTER_TEXT, format_count, NULL },
    { "date", FILTER_TEXT, format_date, NULL },
    { "datetime", FILTER_TEXT, format_datetime, NULL },
    { "digits", FILTER_TEXT, format_digits, NULL },
    { "has", FILTER_TEST, NULL, test_has },
    { "href", FILTER_TEXT, format_href, NULL },
    { "is", FILTER_TEST, NULL, test_is },
    { "json", FILTER_TEXT, format_json, NULL },
    { "last", FILTER_TEXT, format_last, NULL },
    { "lines", FILTER_HTML, format_lines, NULL },
    { "money", FILTER_TEXT, format_money, NULL },
    { "percent", FILTER_TEXT, format_percent, NULL },
    { "phone", FILTER_TEXT, format_phone, NULL },
    { "rial", FILTER_TEXT, format_rial, NULL },
    { "same", FILTER_TEST, NULL, test_same },
    { "short", FILTER_TEXT, format_short, NULL },
    { "t", FILTER_TEXT, format_t, NULL },
    { "toman", FILTER_TEXT, format_toman, NULL },
    { "url", FILTER_TEXT, format_url, NULL },
    { "words", FILTER_TEXT, format_words, NULL },
};

const struct filter *filter_find(struct str name)
{
    for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
        if (str_is(name, filters[i].name))
            return &filters[i];
    return NULL;
}
