/* A true count below what is reserved, settled: orders give up units, money goes back, the shelf is
 * counted. And stock as staff look at it. */
#include "shop/stock.h"

#include <string.h>

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "shop/catalog.h"
#include "shop/line_cancel.h"
#include "shop/order_event.h"
#include "shop/order_facts.h"

#define KEYS_OF_ORDER 130 /* customer, order, coupon, variants */

/* The first orders of the list that hold as many units as are needed. All their locks are taken at
 * once, so that taking the orders one by one afterwards cannot break the order of locks. */
static enum err choose(struct op *op, int64_t variant, int64_t missing, const struct rows *holders, int *n)
{
    struct lock_set locks = { .n = 0 };
    const char *error;
    lock_add(&locks, LOCK_VARIANT, variant);
    for (*n = 0; *n < holders->count && missing > 0; ++*n) {
        struct view *variants = view_parse(op->arena, str_of(row_text(holders, *n, "variants")), 2, &error);
        if (locks.n + KEYS_OF_ORDER > LOCKS_MAX)
            break; /* the count that follows tells that it was not enough */
        lock_add(&locks, LOCK_CUSTOMER, row_int(holders, *n, "customer_id"));
        lock_add(&locks, LOCK_ORDER, row_int(holders, *n, "id"));
        if (!row_null(holders, *n, "coupon_id"))
            lock_add(&locks, LOCK_COUPON, row_int(holders, *n, "coupon_id"));
        for (size_t i = 0; i < view_count(variants); i++)
            lock_add(&locks, LOCK_VARIANT, view_value_int(view_at(variants, i)));
        missing -= row_int(holders, *n, "units");
    }
    lock_queue(op, &locks);
    return ERR_OK;
}

/* Units of the variant that the order gives up, at most `missing`; a pending order all of them. */
static enum err give_up(struct op *op, int64_t order, int64_t variant, const char *reason, int64_t *missing, struct view *list)
{
    struct order_facts o;
    struct order_units units[8];
    int64_t given = 0;
    size_t n = 0;
    TRY(order_lock(op, order, true, &o));
    bool whole = strcmp(o.status, "pending") == 0;
    for (size_t i = 0; i < o.item_count && n < sizeof(units) / sizeof(units[0]); i++) {
        const struct order_item *item = &o.items[i];
        int64_t take = whole || item->reserved < *missing - given ? item->reserved : *missing - given;
        if (item->variant_id != variant || take <= 0)
            continue;
        units[n++] = (struct order_units){ item->id, take };
        given += take;
    }
    if (given == 0)
        return ERR_OK;
    if (whole)
        TRY(order_event(op, &o, &(struct order_event){ .event = "cancel", .cancel_reason = "staff", .reason = reason }));
    else
        TRY(line_cancel(op, &o, &(struct line_cancel_in){ .units = units, .n = n, .reason = reason }));
    struct view *v = view_append(list);
    view_text(v, "number", o.number);
    view_text(v, "was", whole ? "pending" : o.status);
    view_int(v, "quantity", given);
    *missing -= given;
    return ERR_OK;
}

enum err stock_settle(struct op *op, int64_t variant, const struct stock_change *change, struct stock_result *out,
                      struct view *given_up)
{
    struct rows stock, holders;
    int n;
    TRY(db_query(op, &stock, Q_STOCK_ROW, P_INT(variant)));
    if (stock.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    int64_t target = change->on_hand != INT64_MIN ? change->on_hand
                     : change->delta != INT64_MIN ? row_int(&stock, 0, "on_hand") + change->delta : INT64_MAX;
    int64_t missing = row_int(&stock, 0, "reserved") - target;
    if (missing > 0) {
        TRY(db_query(op, &holders, Q_STOCK_GIVE_UP, P_INT(variant)));
        TRY(choose(op, variant, missing, &holders, &n));
        for (int i = 0; i < n && missing > 0; i++)
            TRY(give_up(op, row_int(&holders, i, "id"), variant, change->reason, &missing, given_up));
    }
    return stock_count(op, variant, change, out);
}

enum err stock_list(struct op *op, const char *q, bool low, int64_t limit, int64_t before, struct view *into, int64_t *next)
{
    const char *const *words;
    struct rows r;
    size_t n = catalog_words(op, q, &words);
    TRY(db_query(op, &r, Q_STOCK_LIST, P_TEXT(lang_code(op->lang)), n ? P_TEXTS(words, n) : P_NULL, P_BOOL(low),
                 P_OPT_INT(before), P_INT(limit)));
    view_json(into, "items", row_text(&r, 0, "items"));
    view_int(into, "alerts", row_int(&r, 0, "alerts"));
    view_bool(into, "low", low);
    *next = row_int(&r, 0, "next_id");
    return ERR_OK;
}

enum err stock_view(struct op *op, int64_t variant, int64_t limit, int64_t before, struct view **out, int64_t *next)
{
    struct rows r;
    const char *error = NULL;
    TRY(db_query(op, &r, Q_STOCK_VARIANT, P_INT(variant), P_TEXT(lang_code(op->lang)), P_OPT_INT(before), P_INT(limit)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *next = row_int(&r, 0, "next_id");
    *out = view_parse(op->arena, str_of(row_text(&r, 0, "body")), 16, &error);
    return *out ? ERR_OK : err_internal(op, ERR_INTERNAL, "a variant's stock: %s", error ? error : "null");
}
