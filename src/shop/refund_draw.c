/* Drawing refunds from payments: rows, and what each gives back. */
#include "shop/refund_draw.h"

#include <string.h>

#include "db/db.h"
#include "shop/gateway.h"
#include "shop/price.h"
#include "shop/refund_row.h"

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t take(int64_t *from, int64_t most)
{
    int64_t n = min64(*from, most);
    *from -= n;
    return n;
}

static const char *choose_target(struct op *op, const struct order_payment *p, const char *wanted)
{
    bool can = p->gateway && gateway_can_refund(op, p->gateway);
    bool to_bank = !wanted || strcmp(wanted, "gateway") == 0;
    if (!to_bank)
        return wanted;
    if (strcmp(p->method, "wallet") == 0)
        return "wallet"; /* what the wallet paid never was at the bank */
    return can ? "gateway" : "manual";
}

static enum err insert(struct op *op, const struct order_facts *o, const struct refund_giving *g, const struct refund_target *t,
                       struct refund_row *r)
{
    struct rows rows;
    TRY(db_query(op, &rows, Q_REFUND_INSERT, P_INT(r->payment), P_INT(o->id), P_INT(o->customer_id), P_INT(r->amount),
                 P_TEXT(t->name), P_TEXT(g->in->iban), P_TEXT(r->reference), P_TEXT(g->in->reason),
                 P_TEXT(g->waits ? "awaiting_approval" : t->status), P_TEXT(g->waits ? "ask" : t->event),
                 g->first ? P_INT(g->first) : P_NULL, P_BOOL(g->automatic), P_BOOL(g->owed), P_INT(r->net), P_INT(r->tax), P_INT(r->shipping),
                 P_INT(r->allowance), g->in->return_id && g->waits && !g->first ? P_INT(g->in->return_id) : P_NULL));
    r->id = row_int(&rows, 0, "id");
    return ERR_OK;
}

static enum err refund_from(struct op *op, struct order_facts *o, struct order_payment *p, int64_t amount, struct refund_giving *g)
{
    const struct refund_target *t = refund_target(choose_target(op, p, g->in->target));
    if (!t)
        return err_set(op, ERR_INVALID_FIELD, NULL);
    bool credit = strcmp(t->name, "wallet") == 0;
    if (g->in->target && credit && strcmp(p->method, "wallet") != 0 && !g->in->consent)
        return err_set(op, ERR_REFUND_CONSENT, NULL);
    struct refund_row r = { .version = 1, .order = o->id, .payment = p->id, .customer = o->customer_id, .amount = amount,
        .target = t->name };
    if (strcmp(t->name, "manual") == 0 && op->actor.kind == ACTOR_STAFF)
        r.reference = g->in->reference;
    int64_t rest = amount;
    rest -= r.net = take(&g->left.net, rest);
    rest -= r.tax = take(&g->left.tax, rest);
    rest -= r.shipping = take(&g->left.shipping, rest);
    r.allowance = take(&g->left.allowance, rest);
    db_queue(op, Q_REFUND_COMMIT, P_INT(p->id), P_INT(amount));
    TRY(insert(op, o, g, t, &r));
    if (!g->waits)
        refund_take_effect(op, &r);
    p->refund_committed += amount;
    if (g->first == 0)
        g->first = r.id;
    return ERR_OK;
}

enum err refund_draw(struct op *op, struct order_facts *o, int64_t amount, struct refund_giving *g)
{
    for (int wallet = 0; wallet < 2; wallet++)
        for (size_t i = 0; i < o->payment_count && amount > 0; i++) {
            struct order_payment *p = &o->payments[i];
            int64_t part = min64(amount, p->captured - p->refund_committed);
            if ((strcmp(p->method, "wallet") == 0) != wallet || part <= 0)
                continue;
            TRY(refund_from(op, o, p, part, g));
            amount -= part;
        }
    if (amount > 0)
        return err_set(op, ERR_REFUND_EXCEEDS, NULL);
    return ERR_OK;
}

int64_t refund_add_line(struct op *op, struct order_item *i, int64_t units, struct refund_parts *parts)
{
    int64_t share = price_refund_share(i->line_total, i->quantity, i->refunded_quantity, units);
    int64_t tax = price_refund_share(i->tax, i->quantity, i->refunded_quantity, units);
    parts->net += share - tax;
    parts->tax += tax;
    db_queue(op, Q_REFUND_ITEM, P_INT(i->id), P_INT(units), P_INT(share));
    i->refunded_quantity += units;
    i->refunded_amount += share;
    return share;
}

int64_t refund_remainder(const struct order_facts *o)
{
    int64_t n = 0;
    for (size_t i = 0; i < o->payment_count; i++)
        n += o->payments[i].captured - o->payments[i].refund_committed;
    return n;
}

void refund_shrink(struct refund_parts *parts, int64_t less)
{
    take(&less, take(&parts->shipping, less));
    take(&less, take(&parts->net, less));
    take(&less, take(&parts->tax, less));
}
