/* Reading rows by column name. */
#include "db/private.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/assert.h"

static const char *value(const struct rows *r, int row, const char *column)
{
    const PGresult *result = (const PGresult *)r->result;
    int c = PQfnumber(result, column);
    if (c < 0 || row < 0 || row >= r->count)
        assertion_failed(__FILE__, __LINE__, column);
    return PQgetisnull(result, row, c) ? NULL : PQgetvalue(result, row, c);
}

const char *row_text(const struct rows *r, int row, const char *column)
{
    return value(r, row, column);
}

bool row_null(const struct rows *r, int row, const char *column)
{
    return !value(r, row, column);
}

int64_t row_int_or(const struct rows *r, int row, const char *column, int64_t if_null)
{
    const char *s = value(r, row, column);
    int64_t n;
    if (!s)
        return if_null;
    if (!str_int(str_of(s), &n))
        assertion_failed(__FILE__, __LINE__, column);
    return n;
}

int64_t row_int(const struct rows *r, int row, const char *column)
{
    return row_int_or(r, row, column, INT64_MIN);
}

bool row_bool(const struct rows *r, int row, const char *column)
{
    const char *s = value(r, row, column);
    return s && s[0] == 't';
}

struct str row_bytes(struct op *op, const struct rows *r, int row, const char *column)
{
    const char *s = value(r, row, column);
    if (!s)
        return STR("");
    size_t n;
    unsigned char *raw = PQunescapeBytea((const unsigned char *)s, &n);
    if (!raw)
        abort();
    arena_defer(op->arena, PQfreemem, raw);
    return (struct str){ (const char *)raw, n };
}

void row_read(const struct rows *r, int row, const struct column *columns, size_t n, void *out)
{
    for (size_t i = 0; i < n; i++) {
        char *at = (char *)out + columns[i].offset;
        switch (columns[i].kind) {
        case ROW_TEXT: *(const char **)(void *)at = row_text(r, row, columns[i].name); break;
        case ROW_INT: *(int64_t *)(void *)at = row_int(r, row, columns[i].name); break;
        case ROW_BOOL: *(bool *)(void *)at = row_bool(r, row, columns[i].name); break;
        }
    }
}
