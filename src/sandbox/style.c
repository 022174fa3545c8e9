/* Style sheet (made from style.css), font and page frame. */
#include "sandbox/style.h"

#include <stdio.h>

#define FONT_MAX (1024 * 1024)

struct strbuf style_font;

const char style_sheet[] =
#include "sandbox/style_css.h"
    ;

void style_load_font(const char *path)
{
    FILE *f = fopen(path, "re");
    char chunk[4096];
    size_t n;
    if (!f)
        return;
    while (style_font.len < FONT_MAX && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        strbuf_add(&style_font, chunk, n);
    fclose(f);
}

void style_head(struct strbuf *b, const char *title, const char *kind, int refresh,
                const char *refresh_url)
{
    strbuf_str(b, "<!doctype html>\n<html lang=\"fa\" dir=\"rtl\">\n<head>\n"
                  "<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"robots\" content=\"noindex\">\n");
    if (refresh > 0) {
        strbuf_printf(b, "<meta http-equiv=\"refresh\" content=\"%d; url=", refresh);
        strbuf_html(b, refresh_url);
        strbuf_str(b, "\">\n");
    }
    strbuf_str(b, "<title>");
    strbuf_html(b, title);
    strbuf_printf(b,
                  "</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n"
                  "<link rel=\"icon\" href=\"data:,\">\n</head>\n<body class=\"%s\">\n<main>\n",
                  kind);
}

void style_foot(struct strbuf *b)
{
    strbuf_str(b, "</main>\n</body>\n</html>\n");
}
