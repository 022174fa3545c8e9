/* Comma-separated values. */
#include "core/csv.h"

#include <string.h>

#include "core/arena.h"

static char separator_of(struct str text)
{
    static const char candidates[] = { ',', ';', '\t' };
    size_t counts[sizeof(candidates)] = { 0 }, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n && (quoted || (text.p[i] != '\n' && text.p[i] != '\r')); i++) {
        if (text.p[i] == '"')
            quoted = !quoted;
        for (size_t k = 0; k < sizeof(candidates) && !quoted; k++)
            counts[k] += text.p[i] == candidates[k];
    }
    for (size_t k = 1; k < sizeof(candidates); k++)
        if (counts[k] > counts[best])
            best = k;
    return candidates[best];
}

void csv_begin(struct csv *c, struct arena *a, struct str text)
{
    if (str_starts(text, "\xef\xbb\xbf"))
        text = (struct str){ text.p + 3, text.n - 3 };
    *c = (struct csv){ .arena = a, .rest = text, .separator = separator_of(text) };
}

static char take(struct csv *c)
{
    char at = *c->rest.p++;
    c->rest.n--;
    if (at == '\r' && c->rest.n && *c->rest.p == '\n') {
        c->rest.p++;
        c->rest.n--;
        at = '\n';
    }
    if (at == '\r')
        at = '\n';
    c->ended += at == '\n';
    return at;
}

static void quoted(struct csv *c, struct buf *cell)
{
    while (c->rest.n) {
        char at = take(c);
        if (at != '"') {
            buf_char(cell, at);
            continue;
        }
        if (!c->rest.n || *c->rest.p != '"')
            return;
        buf_char(cell, take(c));
    }
    c->broken = true;
}

/* One cell and what ends it: the separator, '\n', or '\0' at the end of the text. */
static char cell_of(struct csv *c, struct str *out)
{
    struct buf cell;
    char at = '\0';
    buf_init(&cell, c->arena, 32);
    while (c->rest.n) {
        at = take(c);
        if (at == c->separator || at == '\n')
            break;
        if (at == '"' && cell.n == 0)
            quoted(c, &cell);
        else
            buf_char(&cell, at);
        at = '\0';
    }
    *out = str_trim(buf_slice(&cell));
    return at;
}

bool csv_next(struct csv *c, struct str *cells, size_t most, size_t *n)
{
    if (c->rest.n == 0 || c->broken)
        return false;
    c->line = c->ended + 1;
    *n = 0;
    for (char end = c->separator; end == c->separator;) {
        struct str cell;
        end = cell_of(c, &cell);
        if (*n < most)
            cells[(*n)++] = cell;
    }
    return !c->broken;
}
