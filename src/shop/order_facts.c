/* Locking and reading an order. */
#include "shop/order_facts.h"

#include <string.h>

#include "core/arena.h"
#include "core/assert.h"
#include "core/test_hooks.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "shop/coupon.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define ORDER(kind, member) COLUMN(kind, order_facts, member)
static const struct column order_columns[] = {
    ORDER(ROW_INT, id), ORDER(ROW_INT, customer_id), ORDER(ROW_INT, version), ORDER(ROW_INT, subtotal),
    ORDER(ROW_INT, discount), ORDER(ROW_INT, shipping), ORDER(ROW_INT, tax), ORDER(ROW_INT, total),
    ORDER(ROW_INT, wallet), ORDER(ROW_INT, due), ORDER(ROW_INT, coupon_id),
    ORDER(ROW_INT, coupon_lock), ORDER(ROW_INT, cart_id), ORDER(ROW_INT, coupon_seq_limit), ORDER(ROW_TEXT, number), ORDER(ROW_TEXT, status),
    ORDER(ROW_TEXT, payment_method), ORDER(ROW_TEXT, cancel_reason), ORDER(ROW_BOOL, prices_include_tax),
    ORDER(ROW_BOOL, returned_to_cart), ORDER(ROW_BOOL, expiry_extended), ORDER(ROW_BOOL, expired),
};
#define ITEM(member) COLUMN(ROW_INT, order_item, member)
static const struct column item_columns[] = {
    ITEM(id), ITEM(variant_id), ITEM(quantity), ITEM(line_total), ITEM(tax), ITEM(discount), ITEM(line_subtotal),
    ITEM(reserved), ITEM(shipped), ITEM(canceled), ITEM(returned), ITEM(refunded_quantity), ITEM(refunded_amount),
};
#define PAYMENT(kind, member) COLUMN(kind, order_payment, member)
static const struct column payment_columns[] = {
    PAYMENT(ROW_INT, id), PAYMENT(ROW_INT, version), PAYMENT(ROW_INT, amount), PAYMENT(ROW_INT, captured),
    PAYMENT(ROW_INT, refund_committed), PAYMENT(ROW_INT, received_rial), PAYMENT(ROW_TEXT, method),
    PAYMENT(ROW_TEXT, gateway), PAYMENT(ROW_TEXT, status), PAYMENT(ROW_BOOL, young), PAYMENT(ROW_BOOL, sent),
};

#define PARCEL(kind, member) COLUMN(kind, order_parcel, member)
static const struct column parcel_columns[] = {
    PARCEL(ROW_INT, id), PARCEL(ROW_INT, version), PARCEL(ROW_TEXT, status), PARCEL(ROW_BOOL, received),
};

static void *read_list(struct op *op, const struct rows *r, const struct column *columns, size_t n, size_t size)
{
    char *list = arena_calloc(op->arena, (size_t)r->count + 1, size);
    for (int i = 0; i < r->count; i++)
        row_read(r, i, columns, n, list + (size_t)i * size);
    return list;
}

/* Coupon and variants: the last two in the order of locks, so they may be taken with or after the
 * order. `json` is the array of variant ids. */
struct goods {
    int64_t coupon, variants[128];
    size_t n;
};

static void read_goods(struct op *op, const struct rows *route, struct goods *g)
{
    const char *error, *json = row_text(route, 0, "variants");
    struct view *list = json ? view_parse(op->arena, str_of(json), 2, &error) : NULL;
    g->coupon = row_int(route, 0, "coupon_lock");
    g->n = list ? view_count(list) : 0;
    for (size_t i = 0; i < g->n; i++)
        g->variants[i] = view_value_int(view_at(list, i));
}

static void add_goods(struct lock_set *set, const struct goods *g)
{
    if (g->coupon != INT64_MIN)
        lock_add(set, LOCK_COUPON, g->coupon);
    for (size_t i = 0; i < g->n; i++)
        lock_add(set, LOCK_VARIANT, g->variants[i]);
}

static void queue_goods_rows(struct op *op, const struct goods *g)
{
    if (test_omits("row"))
        return;
    if (g->coupon != INT64_MIN)
        coupon_lock_rows(op, g->coupon);
    if (g->n)
        db_queue(op, Q_STOCK_LOCK, P_INTS(g->variants, g->n));
}

enum err order_lock(struct op *op, int64_t order_id, bool stock, struct order_facts *out)
{
    struct rows route;
    struct lock_set locks = { .n = 0 };
    struct goods goods = { .coupon = INT64_MIN };
    TRY(db_query(op, &route, Q_ORDER_ROUTE, P_INT(order_id)));
    if (route.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    int64_t customer = row_int(&route, 0, "customer_id");
    lock_add(&locks, LOCK_CUSTOMER, customer);
    lock_add(&locks, LOCK_ORDER, order_id);
    if (stock)
        read_goods(op, &route, &goods);
    add_goods(&locks, &goods);
    lock_queue(op, &locks);
    if (!test_omits("row"))
        db_queue(op, Q_WALLET_LOCK, P_INT(customer));
    struct queued *order = db_queue(op, Q_ORDER_LOCK, P_INT(order_id));
    struct queued *payments = db_queue(op, Q_ORDER_FACTS_PAYMENTS, P_INT(order_id));
    queue_goods_rows(op, &goods);
    struct queued *items = db_queue(op, Q_ORDER_FACTS_ITEMS, P_INT(order_id));
    struct queued *parcels = stock ? db_queue(op, Q_ORDER_FACTS_PARCELS, P_INT(order_id)) : NULL;
    TRY(db_flush(op));
    *out = (struct order_facts){ 0 };
    row_read(&order->rows, 0, order_columns, COUNT(order_columns), out);
    out->items = read_list(op, &items->rows, item_columns, COUNT(item_columns), sizeof(struct order_item));
    out->item_count = (size_t)items->rows.count;
    out->payments = read_list(op, &payments->rows, payment_columns, COUNT(payment_columns), sizeof(struct order_payment));
    out->payment_count = (size_t)payments->rows.count;
    if (parcels) {
        out->parcels = read_list(op, &parcels->rows, parcel_columns, COUNT(parcel_columns), sizeof(struct order_parcel));
        out->parcel_count = (size_t)parcels->rows.count;
    }
    return ERR_OK;
}

enum err order_lock_goods(struct op *op, const struct order_facts *o)
{
    struct goods goods = { .coupon = o->coupon_lock, .n = o->item_count };
    struct lock_set locks = { .n = 0 };
    ASSERT(o->item_count <= sizeof(goods.variants) / sizeof(goods.variants[0]));
    for (size_t i = 0; i < o->item_count; i++)
        goods.variants[i] = o->items[i].variant_id;
    add_goods(&locks, &goods);
    lock_queue(op, &locks);
    queue_goods_rows(op, &goods);
    return db_flush(op);
}

int64_t order_reserved(const struct order_facts *o)
{
    int64_t n = 0;
    for (size_t i = 0; i < o->item_count; i++)
        n += o->items[i].reserved;
    return n;
}

int64_t order_shipped(const struct order_facts *o)
{
    int64_t n = 0;
    for (size_t i = 0; i < o->item_count; i++)
        n += o->items[i].shipped;
    return n;
}

struct order_item *order_item(const struct order_facts *o, int64_t item_id)
{
    for (size_t i = 0; i < o->item_count; i++)
        if (o->items[i].id == item_id)
            return &o->items[i];
    return NULL;
}

size_t order_parcels(const struct order_facts *o, const char *status)
{
    size_t n = 0;
    for (size_t i = 0; i < o->parcel_count; i++)
        n += strcmp(o->parcels[i].status, status) == 0;
    return n;
}

int64_t order_captured(const struct order_facts *o)
{
    int64_t n = 0;
    for (size_t i = 0; i < o->payment_count; i++)
        n += o->payments[i].captured;
    return n;
}

struct order_payment *order_main_payment(const struct order_facts *o)
{
    for (size_t i = 0; i < o->payment_count; i++)
        if (o->payments[i].captured > 0 && strcmp(o->payments[i].method, "wallet") != 0)
            return &o->payments[i];
    return NULL;
}

struct order_payment *order_payment(const struct order_facts *o, int64_t payment_id)
{
    for (size_t i = 0; i < o->payment_count; i++)
        if (o->payments[i].id == payment_id)
            return &o->payments[i];
    return NULL;
}

static bool stock_is_there(const struct order_facts *o, const struct rows *stock)
{
    for (size_t i = 0; i < o->item_count; i++) {
        bool found = false;
        for (int k = 0; k < stock->count; k++)
            if (row_int(stock, k, "variant_id") == o->items[i].variant_id)
                found = row_int(stock, k, "available") >= o->items[i].canceled;
        if (!found)
            return false;
    }
    return true;
}

enum err order_can_be_revived(struct op *op, const struct order_facts *o, bool *can)
{
    int64_t *variants = arena_array(op->arena, int64_t, o->item_count + 1);
    for (size_t i = 0; i < o->item_count; i++)
        variants[i] = o->items[i].variant_id;
    struct queued *stock = db_queue(op, Q_ORDER_FACTS_STOCK, P_INTS(variants, o->item_count));
    struct queued *wallet = db_queue(op, Q_WALLET, P_INT(o->customer_id));
    struct queued *seq = db_queue(op, Q_ORDER_NEXT_SEQ, P_OPT_INT(o->coupon_id), P_INT(o->customer_id), P_INT(o->id));
    TRY(db_flush(op));
    bool coupon = o->coupon_id == INT64_MIN;
    if (!coupon) {
        int64_t limit = row_int(&seq->rows, 0, "seq_limit");
        coupon = row_bool(&seq->rows, 0, "has_room") &&
                 (limit == INT64_MIN || row_int(&seq->rows, 0, "free_seq") <= limit);
    }
    int64_t available = wallet->rows.count ? row_int(&wallet->rows, 0, "available") : 0;
    *can = o->cancel_reason && strcmp(o->cancel_reason, "expired") == 0 &&
           (!o->returned_to_cart || test_omits("put_back")) &&
           !order_main_payment(o) && coupon && available >= o->wallet && stock_is_there(o, &stock->rows);
    return ERR_OK;
}
