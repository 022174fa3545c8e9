/* Coupons. */
#include "shop/coupon.h"

#include <string.h>

#include "core/arena.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "shop/coupon_codes.h"

#define DAY_SECONDS 86400
#define MICRO_PER_BASIS_POINT 10000 /* of a percent */
#define WORDS_MAX 100

struct ids {
    int64_t *list;
    size_t n;
};
struct rules {
    const char *kind;
    int64_t value, ends_at;
    struct ids categories, products;
};

enum err coupon_check(struct op *op, const char *code, int64_t customer)
{
    struct rows r;
    TRY(db_query(op, &r, Q_COUPON_CHECK, P_TEXT(code), P_INT(customer)));
    if (r.count == 0 || !row_bool(&r, 0, "in_window")) {
        metrics_add(METRIC_COUPON_REFUSED, 0, 1);
        return err_set(op, ERR_COUPON_INVALID, NULL);
    }
    if (!row_bool(&r, 0, "has_room"))
        return err_set(op, ERR_COUPON_EXHAUSTED, NULL);
    return ERR_OK;
}

void coupon_lock_rows(struct op *op, int64_t id)
{
    db_queue(op, Q_COUPON_LOCK, P_INT(id));
    db_queue(op, Q_COUPON_CODE_LOCK, P_INT(id));
}

/* The three ways to say how much: kind with value, percent, amount. */
static void read_value(struct op *op, const struct coupon_in *in, struct rules *out)
{
    int given = (in->value != INT64_MIN) + (in->percent != INT64_MIN) + (in->amount != INT64_MIN);
    out->kind = in->percent != INT64_MIN ? "percent" : in->amount != INT64_MIN ? "fixed" : in->kind;
    out->value = in->percent != INT64_MIN ? in->percent / MICRO_PER_BASIS_POINT : in->amount != INT64_MIN ? in->amount : in->value;
    if (given > 1)
        err_field(op, "/value", "too_many", NULL);
    else if (in->kind && out->kind && strcmp(in->kind, out->kind) != 0)
        err_field(op, "/kind", "not_one_of", NULL);
    else if (in->percent != INT64_MIN && (in->percent % MICRO_PER_BASIS_POINT != 0 || out->value < 1))
        err_field(op, "/percent", "bad_number", NULL);
    else if (out->kind && strcmp(out->kind, "percent") == 0 && out->value > 10000)
        err_field(op, in->percent != INT64_MIN ? "/percent" : "/value", "too_large", NULL);
}

static size_t split(struct op *op, const char *text, const char **words)
{
    static const char blanks[] = " ,;\t\r\n";
    size_t n = 0;
    char *rest = arena_strdup(op->arena, text), *at = NULL;
    for (char *w = strtok_r(rest, blanks, &at); w && n < WORDS_MAX; w = strtok_r(NULL, blanks, &at)) {
        bool seen = false;
        for (size_t i = 0; i < n; i++)
            seen = seen || strcmp(words[i], w) == 0;
        if (!seen)
            words[n++] = w;
    }
    return n;
}

/* Words to ids; a word that names nothing is an error of the field. */
static enum err read_scope(struct op *op, const char *text, enum query q, const char *field, struct ids *out)
{
    const char *words[WORDS_MAX];
    struct rows r;
    *out = (struct ids){ 0 };
    if (!text)
        return ERR_OK;
    size_t n = split(op, text, words);
    if (n == 0)
        return ERR_OK;
    TRY(db_query(op, &r, q, P_TEXTS(words, n)));
    out->list = arena_array(op->arena, int64_t, n);
    for (int i = 0; i < r.count; i++)
        out->list[out->n++] = row_int(&r, i, "id");
    if (out->n < n)
        err_field(op, field, "not_found", NULL);
    return ERR_OK;
}

static enum err read_rules(struct op *op, const struct coupon_in *in, struct rules *out)
{
    read_value(op, in, out);
    out->ends_at = in->ends_on != INT64_MIN ? in->ends_on + DAY_SECONDS : in->ends_at;
    TRY(read_scope(op, in->categories, Q_COUPON_CATEGORIES, "/categories", &out->categories));
    TRY(read_scope(op, in->products, Q_COUPON_PRODUCTS, "/products", &out->products));
    return op->err->code;
}

static struct param ids_param(const struct ids *ids)
{
    return ids->n ? P_INTS(ids->list, ids->n) : P_NULL;
}

static enum err check_window(struct op *op, int64_t starts_at, int64_t ends_at)
{
    if (starts_at != INT64_MIN && ends_at != INT64_MIN && ends_at <= starts_at)
        err_field(op, "/ends_at", "too_small", NULL);
    return op->err->code;
}

enum err coupon_create(struct op *op, const struct coupon_in *in)
{
    struct rows r;
    struct rules rules;
    bool bulk = in->codes != INT64_MIN;
    if (in->value == INT64_MIN && in->percent == INT64_MIN && in->amount == INT64_MIN)
        err_field(op, "/value", "required", NULL);
    else if (!in->kind && in->value != INT64_MIN)
        err_field(op, "/kind", "required", NULL);
    if (bulk && in->usage_limit != INT64_MIN)
        err_field(op, "/usage_limit", "too_many", NULL);
    TRY(read_rules(op, in, &rules));
    TRY(check_window(op, in->starts_at, rules.ends_at));
    TRY(db_query(op, &r, Q_COUPON_INSERT, P_TEXT(in->code), P_TEXT(rules.kind), P_INT(rules.value), P_OPT_INT(in->usage_limit),
                 P_OPT_INT(in->per_customer_limit), P_OPT_INT(in->min_subtotal), P_OPT_INT(in->max_discount),
                 P_OPT_INT(in->starts_at), P_OPT_INT(rules.ends_at), ids_param(&rules.categories), ids_param(&rules.products),
                 P_BOOL(bulk)));
    if (bulk)
        TRY(coupon_codes_make(op, row_int(&r, 0, "id"), in->prefix, in->codes));
    return ERR_OK;
}

/* Taken first, in the order of all locks: placements of the coupon wait behind it. */
static enum err change_limit(struct op *op, int64_t id, int64_t usage_limit)
{
    struct lock_set locks = { .n = 0 };
    struct rows r;
    lock_add(&locks, LOCK_COUPON, id);
    lock_queue(op, &locks);
    TRY(db_query(op, &r, Q_COUPON_LIMIT, P_INT(id), P_OPT_INT(usage_limit)));
    return r.count ? ERR_OK : err_set(op, ERR_COUPON_LIMIT_BELOW_USED, NULL);
}

enum err coupon_change(struct op *op, const char *code, const struct coupon_in *in, const struct coupon_given *given)
{
    struct rows r;
    struct rules rules;
    TRY(db_query(op, &r, Q_COUPON_BY_CODE, P_TEXT(code)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    struct coupon_in now = *in;
    now.kind = row_text(&r, 0, "kind");
    bool ends_given = given->ends_at || in->ends_on != INT64_MIN;
    if (given->usage_limit && in->usage_limit != INT64_MIN && row_bool(&r, 0, "bulk"))
        err_field(op, "/usage_limit", "too_many", NULL);
    TRY(read_rules(op, &now, &rules));
    TRY(check_window(op, given->starts_at ? in->starts_at : row_int(&r, 0, "starts_at"),
                     ends_given ? rules.ends_at : row_int(&r, 0, "ends_at")));
    int64_t id = row_int(&r, 0, "id");
    if (given->usage_limit)
        TRY(change_limit(op, id, in->usage_limit));
    return db_exec(op, Q_COUPON_CHANGE, P_INT(id), P_OPT_INT(rules.value), P_BOOL(given->per_customer_limit),
                   P_OPT_INT(in->per_customer_limit), P_OPT_INT(in->min_subtotal), P_BOOL(given->max_discount),
                   P_OPT_INT(in->max_discount), P_BOOL(given->starts_at), P_OPT_INT(in->starts_at), P_BOOL(ends_given),
                   P_OPT_INT(rules.ends_at), P_BOOL(given->categories), ids_param(&rules.categories), P_BOOL(given->products),
                   ids_param(&rules.products));
}

enum err coupon_archive(struct op *op, const char *code)
{
    struct rows r;
    TRY(db_query(op, &r, Q_COUPON_ARCHIVE, P_TEXT(code)));
    return r.count ? ERR_OK : err_set(op, ERR_NOT_FOUND, NULL);
}

enum err coupon_list(struct op *op, int archived, int64_t before, int64_t limit, struct view *into, int64_t *next)
{
    struct rows r;
    TRY(db_query(op, &r, Q_COUPON_LIST, archived < 0 ? P_NULL : P_BOOL(archived), P_OPT_INT(before), P_INT(limit)));
    view_json(into, "items", row_text(&r, 0, "items"));
    *next = row_int(&r, 0, "next");
    return ERR_OK;
}
