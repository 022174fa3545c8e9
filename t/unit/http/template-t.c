/* Templates beyond the specification: filters, questions, texts, static names, errors, bounds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/crypto.h"
#include "core/view.h"
#include "http/template.h"
#include "tap.h"

static struct arena *a;
static struct templates *set;

static const char *render(const char *source, const char *json, enum lang lang)
{
    const char *error = NULL;
    struct template *t = template_compile(a, "test", str_of(source), &error);
    if (!t)
        return error;
    struct view *data = view_parse(a, str_of(json), 32, &error);
    struct str out = template_render(set, t, a, data, lang);
    return out.p ? out.p : "(too deep)";
}

static void write_file(const char *dir, const char *name, const char *content)
{
    FILE *f = fopen(arena_printf(a, "%s/%s", dir, name), "wb");
    if (!f)
        abort();
    fputs(content, f);
    fclose(f);
}

static void filters(void)
{
    is_str(render("{{n|toman}}", "{\"n\": 250000}", LANG_FA), "۲۵۰٬۰۰۰ تومان", "toman, fa");
    is_str(render("{{n|toman}}", "{\"n\": 250000}", LANG_EN), "250,000 Toman", "toman, en");
    is_str(render("{{n|rial}}", "{\"n\": 250000}", LANG_FA), "۲٬۵۰۰٬۰۰۰ ریال", "rial");
    is_str(render("{{n|money}}", "{\"n\": 0}", LANG_FA), "۰", "money of nothing");
    is_str(render("{{n|words}}", "{\"n\": 250000}", LANG_FA), "دویست و پنجاه هزار تومان", "words");
    is_str(render("[{{n|toman}}{{x|date}}]", "{\"n\": null}", LANG_FA), "[]", "null is empty");
    is_str(render("{{n|toman}}", "{\"n\": \"?\"}", LANG_FA), "?", "no number passes through");
    is_str(render("{{at|date}}", "{\"at\": \"2026-11-22T08:00:00Z\"}", LANG_FA),
           "۱ آذر ۱۴۰۵", "date");
    is_str(render("{{at|date}}", "{\"at\": 1795334400}", LANG_EN),
           "22 November 2026", "date of seconds");
    is_str(render("{{at|datetime}}", "{\"at\": \"2026-11-22T10:35:00Z\"}", LANG_FA),
           "۱ آذر ۱۴۰۵، ساعت ۱۴:۰۵", "datetime");
    is_str(render("{{at|short}}", "{\"at\": \"2026-11-21T21:00:00Z\"}", LANG_FA), "۱۴۰۵/۰۹/۰۱",
           "short, Tehran's day");
    is_str(render("{{n|digits}} {{r|digits}}", "{\"n\": 12, \"r\": 4.5}", LANG_FA),
           "۱۲ ۴٫۵", "digits");
    is_str(render("{{p|phone}}", "{\"p\": \"+989123456789\"}", LANG_FA), "۰۹۱۲ ۳۴۵ ۶۷۸۹", "mobile");
    is_str(render("{{p|phone}}", "{\"p\": \"+982112345678\"}", LANG_EN),
           "021 1234 5678", "landline");
    is_str(render("{{p|percent}}", "{\"p\": 1000}", LANG_FA), "۱۰٪", "percent");
    is_str(render("{{p|percent}}", "{\"p\": 950}", LANG_EN), "9.5%", "percent with a fraction");
    is_str(render("{{p|percent}}", "{\"p\": 1205}", LANG_FA), "۱۲٫۰۵٪", "basis points");
    is_str(render("{{s|url}}", "{\"s\": \"چای /؟\"}", LANG_FA),
           "%DA%86%D8%A7%DB%8C%20%2F%D8%9F", "url");
    is_str(render("{{s|lines}}", "{\"s\": \"a<b\\r\\nc\"}", LANG_FA), "a&lt;b<br>\nc", "lines");
    is_str(render("{{{v|json}}}", "{\"v\": {\"a\": [1, \"x\"]}}", LANG_FA),
           "{\"a\":[1,\"x\"]}", "json");
    is_str(render("{{{v|digits|json}}}", "{\"v\": \"1\\\"\"}", LANG_FA),
           "\"۱\\\"\"", "json of text");
    is_str(render("{{v|count}}", "{\"v\": [1, 2, 3]}", LANG_FA), "۳", "count");
    is_str(render("{{a|href}} {{b|href}} {{c|href}} {{d|href}}",
                  "{\"a\": \"javascript:alert(1)\", \"b\": \"https://x.ir/\", \"c\": \"/orders\","
                  " \"d\": \"//evil.ir\"}", LANG_FA),
           "# https://x.ir/ /orders #", "href lets only addresses through");
    is_str(render("{{s|digits}}", "{\"s\": \"<1>\"}", LANG_FA),
           "&lt;۱&gt;", "filtered text is escaped");
    is_str(render("{{{s|digits}}}", "{\"s\": \"<1>\"}", LANG_FA), "<۱>", "unless asked not to");
}

static void ago(void)
{
    int64_t now = (int64_t)time(NULL);
    is_str(render("{{t|ago}}", arena_printf(a, "{\"t\": %lld}", (long long)now - 330), LANG_FA),
           "۵ دقیقه پیش", "minutes ago");
    is_str(render("{{t|ago}}", arena_printf(a, "{\"t\": %lld}", (long long)now + 7230), LANG_EN),
           "in 2 h", "hours to come");
    is_str(render("{{t|ago}}", "{\"t\": 1578182400}", LANG_EN), "5 January 2020", "far away");
}

static void questions(void)
{
    const char *data = "{\"s\": \"paid\", \"n\": 0, \"list\": [\"pay\", \"cancel\"], \"id\": 3,"
                       " \"form\": {\"id\": \"3\"}, \"left\": 2}";
    is_str(render("{{#s|is:paid}}{{n}}{{/s}}", data, LANG_FA), "0", "is; the context stays");
    is_str(render("{{#s|is:a, paid}}y{{/s|is:a, paid}}", data, LANG_FA), "y", "is one of");
    is_str(render("{{^s|is:pending}}no{{/s}}", data, LANG_FA), "no", "inverted");
    is_str(render("{{#list|has:cancel}}c{{/list}}{{#list|has:x}}x{{/list}}", data, LANG_FA),
           "c", "has");
    is_str(render("{{#id|same:form.id}}same{{/id}}", data, LANG_FA), "same", "same");
    is_str(render("{{#gone|same:form.gone}}x{{/gone}}", data, LANG_FA),
           "", "nothing is not the same");
    is_str(render("{{#list|any}}<{{#list}}{{.}};{{/list}}>{{/list}}{{#n|any}}x{{/n}}", data,
                  LANG_FA),
           "<pay;cancel;>", "any");
    is_str(render("{{#left|below:3}}few{{/left}}{{#left|below:2}}x{{/left}}", data, LANG_FA),
           "few", "below");
    is_str(render("{{#n}}x{{/n}}{{^n}}zero{{/n}}", data, LANG_FA), "zero", "zero is falsey");
    is_str(render("{{list.1}}", data, LANG_FA), "cancel", "into a list");
}

static void texts(void)
{
    is_str(render("{{t.hello}}", "{}", LANG_EN), "Hello", "a text");
    is_str(render("{{t.greet}}", "{\"name\": \"<سارا>\", \"n\": 2}", LANG_FA),
           "سلام &lt;سارا&gt;، ۲ پیام",
           "placeholders are filled and escaped");
    is_str(render("{{s|t:state}} {{x|t:state}}", "{\"s\": \"paid\", \"x\": \"odd\"}", LANG_FA),
           "پرداخت‌شده odd", "translation of a value");
    is_str(render("{{'paid'|t:state}}", "{}", LANG_EN), "Paid", "of a literal");
    is_str(render("{{t}}", "{\"t\": \"mine\"}", LANG_EN), "mine", "the data's own t comes first");
    struct view *params = view_new(a);
    view_text(params, "name", "Ali");
    view_int(params, "n", 3);
    is_str(templates_text(set, a, LANG_EN, "greet", params), "Hi Ali, 3 messages",
           "text with params");
    is_str(templates_text(set, a, LANG_EN, "no.such", NULL), "no.such",
           "a missing key shows itself");
    is_str(templates_text(set, a, LANG_EN, "odd", params), "{ {name|nofilter} {name",
           "bad braces stay");
}

static void assets(void)
{
    const char *hash = arena_printf(a, "/static/app.%.12s.css",
                                    crypto_sha256_hex(a, str_of("body{}")));
    is_str(render("{{'app.css'|asset}}", "{}", LANG_FA), hash, "hashed");
    is_str(render("{{'no.css'|asset}}", "{}", LANG_FA), "/static/no.css", "unknown");
}

static void errors(void)
{
    static const struct {
        const char *source, *error;
    } rows[] = {
        { "a\n{{#x}}\n", "test:3: \"x\" is never closed" },
        { "{{#x}}{{/y}}", "test:1: \"y\" is closed where \"x\" is open" },
        { "\n{{/y}}", "test:2: \"y\" is closed but not open" },
        { "{{x", "test:1: a tag is not closed" },
        { "{{}}", "test:1: a tag without a name" },
        { "{{a..b}}", "test:1: \"a..b\" is not a name" },
        { "{{a|nope}}", "test:1: no filter is called \"nope\"" },
        { "{{a|is:b}}", "test:1: \"is\" is a filter for sections" },
        { "{{#a|is:b|toman}}{{/a}}", "test:1: nothing can follow the filter \"is\"" },
        { "{{=<<=}}", "test:1: delimiters are written {{=open close=}}" },
        { "{{>}}", "test:1: a partial without a name" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        is_str(render(rows[i].source, "{}", LANG_FA), rows[i].error,
               arena_printf(a, "error %zu has its line and reason", i + 1));
    struct buf deep;
    buf_init(&deep, a, 1024);
    for (int i = 0; i < 65; i++)
        buf_str(&deep, "{{#a}}");
    is_str(render(buf_text(&deep), "{}", LANG_FA),
           "test:1: sections are nested too deeply", "depth");
    is_str(render("{{>loop}}", "{}", LANG_FA), "(too deep)", "a partial that contains itself");
    is_str(render("{{>page}}", "{\"x\": 1}", LANG_FA), "<1>", "a partial out of a sub-folder");
}

int main(void)
{
    char dir[] = "/tmp/template-XXXXXX";
    const char *error = NULL;
    a = arena_create("template");
    if (!mkdtemp(dir))
        return 1;
    mkdir(arena_printf(a, "%s/sub", dir), 0700);
    write_file(dir, "loop.mustache", "x{{>loop}}");
    write_file(dir, "page.mustache", "<{{>sub/part}}>");
    write_file(dir, "sub/part.mustache", "{{x}}");
    write_file(dir, "app.css", "body{}");
    write_file(dir, "fa.json", "{\"hello\": \"سلام\", \"greet\": \"سلام {name}، {n|digits} پیام\","
                               " \"state\": {\"paid\": \"پرداخت‌شده\"}}");
    write_file(dir, "en.json", "{\"hello\": \"Hello\", \"greet\": \"Hi {name}, {n} messages\","
                               " \"state\": {\"paid\": \"Paid\"},"
                               " \"odd\": \"{ {name|nofilter} {name\"}");
    set = templates_load(a, dir, &error);
    ok(set && templates_texts(set, a, dir, &error), "texts are read");
    ok(set && templates_assets(set, a, dir, &error), "static names are read");
    ok(!templates_load(a, arena_printf(a, "%s/none", dir), &error), "a missing folder is an error");
    ok(set && templates_find(set, "sub/part") && !templates_find(set, "part"),
       "names have folders");
    if (set) {
        filters();
        ago();
        questions();
        texts();
        assets();
        errors();
    }
    static const char *const files[] = { "loop.mustache", "page.mustache", "sub/part.mustache",
                                         "app.css", "fa.json", "en.json" };
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        unlink(arena_printf(a, "%s/%s", dir, files[i]));
    rmdir(arena_printf(a, "%s/sub", dir));
    rmdir(dir);
    arena_destroy(a);
    return done();
}
