/* The single-use codes of a campaign. */
#include "shop/coupon_codes.h"

#include <string.h>

#include "core/arena.h"
#include "core/crypto.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/report.h"

#define LETTERS 13 /* of 30: 13 × log2(30) = 63.8 bits */
#define BATCH 5000 /* codes in a statement, so that none comes near the time limit */
static const char alphabet[] = "23456789ABCDEFGHJKMNPQRSTVWXYZ"; /* no 0 O 1 I L U */
#define ALPHABET (sizeof(alphabet) - 1)

static const struct report_column columns[] = {
    { "code", ROW_TEXT, "کد", "Code", NULL, false },
    { "order_number", ROW_TEXT, "سفارش", "Order", NULL, false },
    { "used_at", ROW_TEXT, "زمان استفاده", "Used at", report_moment, false },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Every letter is equally likely: bytes beyond the last whole round of the alphabet are thrown away. */
static const char *make_code(struct op *op, const char *prefix)
{
    char letters[LETTERS + 1] = "";
    unsigned char bytes[2 * LETTERS];
    size_t n = 0;
    while (n < LETTERS) {
        crypto_random(bytes, sizeof(bytes));
        for (size_t i = 0; i < sizeof(bytes) && n < LETTERS; i++)
            if (bytes[i] < 256 / ALPHABET * ALPHABET)
                letters[n++] = alphabet[bytes[i] % ALPHABET];
    }
    return prefix ? arena_printf(op->arena, "%s-%s", prefix, letters) : arena_strdup(op->arena, letters);
}

enum err coupon_codes_make(struct op *op, int64_t coupon, const char *prefix, int64_t count)
{
    while (count > 0) {
        size_t n = count < BATCH ? (size_t)count : BATCH;
        const char **codes = arena_array(op->arena, const char *, n);
        for (size_t i = 0; i < n; i++)
            codes[i] = make_code(op, prefix);
        TRY(db_exec(op, Q_COUPON_CODES_PUT, P_INT(coupon), P_TEXTS(codes, n)));
        count -= (int64_t)n;
    }
    return ERR_OK;
}

static enum err find(struct op *op, const char *campaign, int64_t *id)
{
    struct rows r;
    TRY(db_query(op, &r, Q_COUPON_BY_CODE, P_TEXT(campaign)));
    if (r.count == 0 || !row_bool(&r, 0, "bulk"))
        return err_set(op, ERR_NOT_FOUND, NULL);
    *id = row_int(&r, 0, "id");
    return ERR_OK;
}

enum err coupon_codes_list(struct op *op, const char *campaign, int64_t after, int64_t limit, struct view *into, int64_t *next)
{
    struct rows r;
    int64_t id;
    TRY(find(op, campaign, &id));
    TRY(db_query(op, &r, Q_COUPON_CODES, P_INT(id), P_OPT_INT(after), P_INT(limit)));
    view_text(into, "campaign", campaign);
    struct view *items = view_array(into, "items");
    for (int i = 0; i < r.count; i++) {
        struct view *v = view_append(items);
        view_text(v, "code", row_text(&r, i, "code"));
        view_text(v, "order", row_text(&r, i, "order_number"));
        view_text(v, "used_at", row_text(&r, i, "used_at"));
    }
    *next = r.count == limit ? row_int(&r, r.count - 1, "id") : INT64_MIN;
    return ERR_OK;
}

enum err coupon_codes_csv(struct op *op, const char *campaign, struct str *csv)
{
    struct rows r;
    int64_t id;
    TRY(find(op, campaign, &id));
    TRY(db_query(op, &r, Q_COUPON_CODES, P_INT(id), P_NULL, P_INT(COUPON_CODES_MAX)));
    *csv = report_csv(op, &r, columns, COLUMNS);
    return ERR_OK;
}
