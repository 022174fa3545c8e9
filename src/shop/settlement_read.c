/* Reading settlement files. */
#include "shop/settlement_read.h"

#include <stdbool.h>
#include <string.h>

#include "core/arena.h"
#include "core/csv.h"
#include "core/text.h"

#define CELLS_MAX 64
#define RAW_MAX 400
#define ID_MAX 64
#define RIAL_MAX INT64_C(1000000000000000)

enum column {
#define SETTLEMENT_COLUMN(id, needed, names, doc) COLUMN_##id,
#include "shop/settlement.def"
#undef SETTLEMENT_COLUMN
    COLUMN_COUNT
};

static const struct {
    bool needed;
    const char *names;
} columns[] = {
#define SETTLEMENT_COLUMN(id, needed, names, doc) { needed, names },
#include "shop/settlement.def"
#undef SETTLEMENT_COLUMN
};

static const struct {
    const char *word, *kind;
} kinds[] = {
    { "payment", "payment" }, { "sale", "payment" }, { "پرداخت", "payment" }, { "خرید", "payment" }, { "واریز", "payment" },
    { "refund", "refund" }, { "بازگشت", "refund" }, { "بازگشت وجه", "refund" }, { "استرداد", "refund" },
    { "عودت", "refund" }, { "برگشت", "refund" },
};

struct reading {
    struct op *op;
    int at[COLUMN_COUNT]; /* cell of each column; -1: none */
};

static enum err useless(struct op *op, const char *code, const char *fa, const char *en)
{
    err_field(op, "/file", code, fa ? (op->lang == LANG_FA ? fa : en) : NULL);
    return ERR_INVALID_FIELD;
}

static bool same(struct op *op, struct str a, struct str b)
{
    return strcmp(text_search_key(op->arena, a), text_search_key(op->arena, b)) == 0;
}

static bool names(struct op *op, enum column c, struct str heading)
{
    struct str rest = str_of(columns[c].names);
    while (rest.n)
        if (same(op, str_cut(&rest, '|'), heading))
            return true;
    return false;
}

static enum err read_heading(struct reading *r, const struct str *cells, size_t n)
{
    for (int c = 0; c < COLUMN_COUNT; c++) {
        r->at[c] = -1;
        for (size_t i = 0; i < n && r->at[c] < 0; i++)
            if (cells[i].n && names(r->op, (enum column)c, cells[i]))
                r->at[c] = (int)i;
    }
    if (r->at[COLUMN_AMOUNT] < 0)
        return useless(r->op, "required", "ستون مبلغ (ریال) در سطر نخست فایل نیست", "The first line of the file names no column of amounts (Rial)");
    if (r->at[COLUMN_TRACK] < 0 && r->at[COLUMN_REFERENCE] < 0)
        return useless(r->op, "required", "ستون شناسهٔ پیگیری یا شمارهٔ مرجع در سطر نخست فایل نیست",
                       "The first line of the file names no column of track ids or references");
    return ERR_OK;
}

/* Spreadsheets keep long numbers as texts: ="123" or '123. */
static struct str bare(struct str cell)
{
    if (str_starts(cell, "=\"") && str_ends(cell, "\"") && cell.n >= 3)
        return (struct str){ cell.p + 2, cell.n - 3 };
    if (str_starts(cell, "'"))
        return (struct str){ cell.p + 1, cell.n - 1 };
    return cell;
}

static struct str cell(const struct reading *r, const struct str *cells, size_t n, enum column c)
{
    return r->at[c] >= 0 && (size_t)r->at[c] < n ? bare(cells[r->at[c]]) : (struct str){ "", 0 };
}

static const char *read_id(struct op *op, struct str s, const char **out)
{
    *out = text_fold_digits(op->arena, str_trim(s));
    size_t n = strlen(*out);
    if (n > ID_MAX)
        return "too_long";
    for (size_t i = 0; i < n; i++)
        if (!strchr("0123456789-_", (*out)[i]) && !(((*out)[i] | 32) >= 'a' && ((*out)[i] | 32) <= 'z'))
            return "bad_code";
    return "";
}

/* A sum in Rial as people write it: below zero with a minus or in brackets. Toman is another unit. */
static const char *read_rial(struct op *op, struct str s, int64_t *out, bool *below)
{
    static const char *const units[] = { "ریال", "rial", "irr" };
    struct str t = str_trim(str_of(text_search_key(op->arena, s)));
    *below = false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (str_ends(t, units[i]))
            t = str_trim((struct str){ t.p, t.n - strlen(units[i]) });
    if (str_ends(t, "تومان") || str_ends(t, "toman"))
        return "bad_number";
    static const char *const minus[] = { "-", "−" };
    for (size_t i = 0; i < 2 && !*below; i++)
        if (str_starts(t, minus[i])) {
            *below = true;
            t = (struct str){ t.p + strlen(minus[i]), t.n - strlen(minus[i]) };
        }
    if (!*below && str_starts(t, "(") && str_ends(t, ")") && t.n > 2) {
        *below = true;
        t = (struct str){ t.p + 1, t.n - 2 };
    }
    if (!text_number(t, out))
        return "bad_number";
    return *out > RIAL_MAX ? "too_large" : "";
}

static const char *read_kind(struct op *op, struct str s, bool below, const char **out)
{
    *out = below ? "refund" : "payment";
    if (s.n == 0)
        return "";
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (same(op, str_of(kinds[i].word), s)) {
            *out = kinds[i].kind;
            return below && strcmp(*out, "payment") == 0 ? "too_small" : "";
        }
    return "not_one_of";
}

static const char *read_row(const struct reading *r, const struct str *cells, size_t n, struct settlement_row *row)
{
    struct str fee = cell(r, cells, n, COLUMN_FEE);
    bool below = false, fee_below = false;
    const char *steps[] = {
        read_id(r->op, cell(r, cells, n, COLUMN_TRACK), &row->track),
        read_id(r->op, cell(r, cells, n, COLUMN_REFERENCE), &row->reference),
        read_rial(r->op, cell(r, cells, n, COLUMN_AMOUNT), &row->amount, &below),
        fee.n ? read_rial(r->op, fee, &row->fee, &fee_below) : "",
        read_kind(r->op, cell(r, cells, n, COLUMN_KIND), below, &row->kind),
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (steps[i][0])
            return steps[i];
    if (!row->track[0] && !row->reference[0])
        return "required";
    if (row->amount == 0)
        return "too_small";
    return row->fee > row->amount ? "too_large" : "";
}

static const char *raw_of(struct op *op, const struct str *cells, size_t n)
{
    struct buf b;
    buf_init(&b, op->arena, RAW_MAX);
    for (size_t i = 0; i < n; i++) {
        buf_str(&b, i ? " | " : "");
        buf_add(&b, cells[i].p, cells[i].n);
    }
    size_t most = b.n < RAW_MAX ? b.n : RAW_MAX;
    while (most < b.n && ((unsigned char)b.p[most] & 0xc0) == 0x80)
        most--;
    return text_clean(op->arena, (struct str){ b.p, most }, false);
}

static bool blank(const struct str *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cells[i].n)
            return false;
    return true;
}

enum err settlement_read(struct op *op, struct str data, struct settlement_file *out)
{
    struct reading r = { .op = op };
    struct str cells[CELLS_MAX];
    struct csv csv;
    size_t n;
    if (!text_valid_utf8(data))
        return useless(op, "bad_text", "فایل UTF-8 نیست؛ آن را با قالب «CSV UTF-8» ذخیره کنید", "The file is not UTF-8: save it as “CSV UTF-8”");
    csv_begin(&csv, op->arena, data);
    if (!csv_next(&csv, cells, CELLS_MAX, &n))
        return useless(op, "required", "فایل خالی است", "The file is empty");
    TRY(read_heading(&r, cells, n));
    out->rows = arena_array(op->arena, struct settlement_row, SETTLEMENT_ROWS_MAX);
    out->n = 0;
    while (csv_next(&csv, cells, CELLS_MAX, &n)) {
        if (blank(cells, n))
            continue;
        if (out->n == SETTLEMENT_ROWS_MAX)
            return useless(op, "too_many", NULL, NULL);
        struct settlement_row *row = &out->rows[out->n++];
        *row = (struct settlement_row){ .line = csv.line, .kind = "", .track = "", .reference = "", .raw = raw_of(op, cells, n) };
        row->problem = read_row(&r, cells, n, row);
        if (row->problem[0])
            *row = (struct settlement_row){ .line = csv.line, .kind = "", .track = "", .reference = "", .problem = row->problem, .raw = row->raw };
    }
    if (csv.broken)
        return useless(op, "invalid", "گیومه‌ای در فایل بسته نشده است", "A quotation mark in the file is never closed");
    return out->n ? ERR_OK : useless(op, "required", "فایل سطری ندارد", "The file has no rows");
}
