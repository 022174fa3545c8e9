/* Coupons. */
#include "shop/coupon.h"

#include <string.h>

#include "core/arena.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"

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

static enum err check_value(struct op *op, const struct coupon_in *in)
{
    bool percent = strcmp(in->kind, "percent") == 0;
    if (percent && in->value > 10000)
        err_field(op, "/value", "too_large", NULL);
    if (in->starts_at != INT64_MIN && in->ends_at != INT64_MIN && in->ends_at <= in->starts_at)
        err_field(op, "/ends_at", "too_small", NULL);
    return op->err->code;
}

enum err coupon_create(struct op *op, const struct coupon_in *in, int64_t *id)
{
    struct rows r;
    TRY(check_value(op, in));
    TRY(db_query(op, &r, Q_COUPON_INSERT, P_TEXT(in->code), P_TEXT(in->kind), P_INT(in->value), P_OPT_INT(in->usage_limit),
                 P_OPT_INT(in->per_customer_limit), P_OPT_INT(in->min_subtotal), P_OPT_INT(in->max_discount),
                 P_OPT_INT(in->starts_at), P_OPT_INT(in->ends_at),
                 in->category_count ? P_INTS(in->categories, in->category_count) : P_NULL,
                 in->product_count ? P_INTS(in->products, in->product_count) : P_NULL));
    *id = row_int(&r, 0, "id");
    return ERR_OK;
}

enum err coupon_list(struct op *op, int64_t before, int64_t limit, struct view *into)
{
    struct rows r;
    TRY(db_query(op, &r, Q_COUPON_LIST, P_OPT_INT(before), P_INT(limit)));
    view_json(into, "items", row_text(&r, 0, "items"));
    return ERR_OK;
}

enum err coupon_set_limit(struct op *op, const char *code, int64_t usage_limit)
{
    struct rows r;
    TRY(db_query(op, &r, Q_COUPON_BY_CODE, P_TEXT(code)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    struct lock_set locks = { .n = 0 };
    int64_t id = row_int(&r, 0, "id");
    lock_add(&locks, LOCK_COUPON, id);
    lock_queue(op, &locks);
    TRY(db_query(op, &r, Q_COUPON_LIMIT, P_INT(id), P_OPT_INT(usage_limit)));
    return r.count ? ERR_OK : err_set(op, ERR_COUPON_LIMIT_BELOW_USED, NULL);
}

enum err coupon_archive(struct op *op, const char *code)
{
    struct rows r;
    TRY(db_query(op, &r, Q_COUPON_ARCHIVE, P_TEXT(code)));
    return r.count ? ERR_OK : err_set(op, ERR_NOT_FOUND, NULL);
}
