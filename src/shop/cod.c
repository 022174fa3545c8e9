/* Cash on delivery. */
#include "shop/cod.h"

#include <string.h>

#include "db/db.h"
#include "db/outbox.h"
#include "shop/ledger.h"
#include "shop/price.h"

/* What arrived, in the order's own figures; total = gross - discount + shipping (+ tax when added). */
struct delivered {
    int64_t total, discount, tax, shipping;
};

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

bool cod_order(const struct order_facts *o)
{
    return is(o->payment_method, "cod");
}

void cod_release(struct op *op, const struct order_facts *o)
{
    if (o->wallet)
        db_queue(op, Q_WALLET_RELEASE, P_INT(o->id));
    db_queue(op, Q_PAYMENT_OFFLINE_CLOSE, P_INT(o->id));
}

static const struct order_item *find_item(const struct order_facts *o, int64_t id)
{
    for (size_t i = 0; i < o->item_count; i++)
        if (o->items[i].id == id)
            return &o->items[i];
    return NULL;
}

static enum err count(struct op *op, const struct order_facts *o, struct delivered *d)
{
    struct rows r;
    TRY(db_query(op, &r, Q_COD_DELIVERED, P_INT(o->id)));
    for (int i = 0; i < r.count; i++) {
        const struct order_item *item = find_item(o, row_int(&r, i, "item_id"));
        int64_t n = row_int(&r, i, "quantity");
        if (!item)
            continue;
        d->total += price_refund_share(item->line_total, item->quantity, 0, n);
        d->discount += price_refund_share(item->discount, item->quantity, 0, n);
        d->tax += price_refund_share(item->tax, item->quantity, 0, n);
    }
    if (r.count > 0) {
        d->shipping = o->shipping;
        d->total += o->shipping;
    }
    return ERR_OK;
}

static void book(struct op *op, const struct order_facts *o, const struct delivered *d, int64_t wallet, int64_t cash,
                 int64_t payment)
{
    int64_t a[SOURCE_COUNT] = { 0 };
    a[SOURCE_COD_PAID] = cash;
    a[SOURCE_WALLET_PAID] = wallet;
    a[SOURCE_SALES_NET] = d->total - d->shipping + d->discount - d->tax; /* with or without tax inside */
    a[SOURCE_TAX_AMOUNT] = d->tax;
    a[SOURCE_SHIPPING_AMOUNT] = d->shipping;
    a[SOURCE_DISCOUNT_AMOUNT] = d->discount;
    ledger_post(op, LEDGER_CAPTURE, &(struct ledger_refs){ .order = o->id, .payment = payment }, a);
}

static const struct order_payment *open_payment(const struct order_facts *o, const char *method)
{
    for (size_t i = 0; i < o->payment_count; i++)
        if (is(o->payments[i].method, method) && is(o->payments[i].status, "created"))
            return &o->payments[i];
    return NULL;
}

enum err cod_collect(struct op *op, const struct order_facts *o)
{
    struct delivered d = { 0 };
    const struct order_payment *cod = open_payment(o, "cod"), *hold = open_payment(o, "wallet");
    if (!cod)
        return ERR_OK;
    TRY(count(op, o, &d));
    int64_t wallet = !hold ? 0 : hold->amount < d.total ? hold->amount : d.total, cash = d.total - wallet;
    if (wallet)
        db_queue(op, Q_COD_WALLET, P_INT(o->id), P_INT(wallet));
    if (cash)
        db_queue(op, Q_COD_CAPTURED, P_INT(cod->id), P_INT(cod->version), P_INT(cash));
    book(op, o, &d, wallet, cash, cash ? cod->id : 0);
    cod_release(op, o); /* what is still open has nothing to wait for */
    outbox_add(op, "invoice_seal", "soon", NULL, 1);
    return ERR_OK;
}
