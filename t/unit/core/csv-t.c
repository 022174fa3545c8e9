/* Spreadsheets' files in their dialects. */
#include "core/csv.h"

#include "core/arena.h"
#include "tap.h"

/* All records as "cell|cell/cell", with the line where each begins. */
static const char *all(struct arena *a, const char *text)
{
    struct csv c;
    struct str cells[4];
    struct buf b;
    size_t n;
    buf_init(&b, a, 64);
    csv_begin(&c, a, str_of(text));
    while (csv_next(&c, cells, 4, &n)) {
        buf_printf(&b, "%s%d:", b.n ? "/" : "", c.line);
        for (size_t i = 0; i < n; i++)
            buf_printf(&b, "%s" STR_FMT, i ? "|" : "", STR_ARG(cells[i]));
    }
    if (c.broken)
        buf_str(&b, "!");
    return buf_text(&b);
}

int main(void)
{
    struct arena *a = arena_create("csv-t");
    static const struct {
        const char *text, *want, *what;
    } cases[] = {
        { "a,b\n1,2\n", "1:a|b/2:1|2", "commas" },
        { "a;b\r\n1;2\r\n", "1:a|b/2:1|2", "semicolons and CRLF" },
        { "a\tb\r1\t2", "1:a|b/2:1|2", "tabs, CR, no end" },
        { "\xef\xbb\xbf" "a,b\n", "1:a|b", "a mark of UTF-8" },
        { "\"a;b\",c\n", "1:a;b|c", "what is quoted does not tell the dialect" },
        { "a,\"b\nc\"\n1,2\n", "1:a|b\nc/3:1|2", "a line end in a cell" },
        { "\"a\"\"b\",\n", "1:a\"b|", "doubled quotes, an empty cell" },
        { " a , b \n\n", "1:a|b/2:", "blanks and an empty line" },
        { "a,b\n\"1,2\n", "1:a|b!", "a quote that never ends" },
        { "1,2,3,4,5,6\n", "1:1|2|3|4", "no more cells than wanted" },
        { "", "", "nothing" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        is_str(all(a, cases[i].text), cases[i].want, cases[i].what);
    arena_destroy(a);
    return done();
}
