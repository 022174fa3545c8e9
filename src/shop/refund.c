/* Recording refunds. */
#include "shop/refund.h"

#include <string.h>

#include "core/arena.h"
#include "db/db.h"
#include "shop/gateway.h"
#include "shop/price.h"
#include "shop/refund_row.h"

/* What a refund gives back, by ledger account. */
struct parts {
    int64_t net, tax, shipping, allowance;
};

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

/* A request on its way into rows. */
struct giving {
    const struct refund_in *in;
    struct parts left;  /* to be shared out to the rows */
    bool waits, automatic;
    bool owed;     /* goes home in any case: who refuses it refuses the way alone */
    int64_t first; /* row; 0: none yet */
};

/* What follows from a cancellation goes home by itself, by the way it came. A person who sends it to an
 * account instead says who gets the money, and is held by the limit for one person. */
static struct giving giving_owed(const struct op *op, const struct refund_in *in)
{
    bool diverted = op->actor.kind == ACTOR_STAFF && in->target && strcmp(in->target, "manual") == 0;
    return (struct giving){ .in = in, .automatic = !diverted, .owed = diverted };
}

static enum err hold_diverted(struct op *op, const struct order_facts *o, int64_t amount, struct giving *g)
{
    if (!g->owed)
        return ERR_OK;
    TRY(refund_needs_second(op, o, amount, &g->waits));
    return g->waits ? refund_none_waiting(op, o) : ERR_OK;
}

static enum err insert(struct op *op, const struct order_facts *o, const struct giving *g, const struct refund_target *t,
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

static enum err refund_from(struct op *op, struct order_facts *o, struct order_payment *p, int64_t amount, struct giving *g)
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

/* Takes the sum from the payments: not the wallet first, then the wallet. */
static enum err draw(struct op *op, struct order_facts *o, int64_t amount, struct giving *g)
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

/* Gives n units of a line back: its frozen allocation, divided without a remainder. */
static int64_t add_line(struct op *op, struct order_item *i, int64_t units, struct parts *parts)
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

static int64_t remainder_of(const struct order_facts *o)
{
    int64_t n = 0;
    for (size_t i = 0; i < o->payment_count; i++)
        n += o->payments[i].captured - o->payments[i].refund_committed;
    return n;
}

/* Earlier allowances came out of these parts: what is left to give is less by them. */
static void shrink(struct parts *parts, int64_t less)
{
    take(&less, take(&parts->shipping, less));
    take(&less, take(&parts->net, less));
    take(&less, take(&parts->tax, less));
}

/* The lines of a request, by what each gives back. */
struct shares {
    int64_t *units, *amounts;
};

static struct shares shares_new(struct op *op, size_t n)
{
    return (struct shares){ arena_array(op->arena, int64_t, n + 1), arena_array(op->arena, int64_t, n + 1) };
}

static void write_lines(struct op *op, const struct refund_line *lines, size_t n, const struct shares *s, int64_t refund_id)
{
    for (size_t k = 0; k < n; k++)
        if (s->units[k] > 0)
            db_queue(op, Q_REFUND_LINE, P_INT(refund_id), P_INT(lines[k].item_id), P_INT(s->units[k]), P_INT(s->amounts[k]));
}

enum err refund_whole_order(struct op *op, struct order_facts *o, const struct refund_in *in)
{
    struct giving g = giving_owed(op, in);
    struct shares s = shares_new(op, o->item_count);
    struct refund_line *lines = arena_array(op->arena, struct refund_line, o->item_count + 1);
    struct rows left;
    TRY(refund_withdraw(op, o, REFUND_WITHDRAW_ALL));
    int64_t amount = remainder_of(o);
    if (amount == 0)
        return ERR_OK;
    TRY(db_query(op, &left, Q_REFUND_SHIPPING_LEFT, P_INT(o->id)));
    for (size_t i = 0; i < o->item_count; i++) {
        lines[i].item_id = o->items[i].id;
        s.units[i] = o->items[i].quantity - o->items[i].refunded_quantity;
        if (s.units[i] > 0)
            s.amounts[i] = add_line(op, &o->items[i], s.units[i], &g.left);
    }
    g.left.shipping = row_int(&left, 0, "shipping");
    g.left.allowance = amount - g.left.net - g.left.tax - g.left.shipping;
    if (g.left.allowance < 0) {
        int64_t less = -g.left.allowance;
        g.left.allowance = 0;
        shrink(&g.left, less);
    }
    TRY(hold_diverted(op, o, amount, &g));
    TRY(draw(op, o, amount, &g));
    if (g.waits) /* so that it can be freed again */
        write_lines(op, lines, o->item_count, &s, g.first);
    return ERR_OK;
}

static enum err check_line(struct op *op, const struct order_facts *o, const struct refund_in *in, size_t k)
{
    const struct order_item *item = order_item(o, in->lines[k].item_id);
    const char *wrong = item ? NULL : "not_found";
    for (size_t i = 0; i < k; i++)
        if (in->lines[i].item_id == in->lines[k].item_id)
            wrong = "duplicate";
    if (wrong) {
        err_field(op, arena_printf(op->arena, "/lines/%zu/item_id", k), wrong, NULL);
        return ERR_INVALID_FIELD;
    }
    int64_t left = item->quantity - item->refunded_quantity;
    if (in->lines[k].quantity <= left)
        return ERR_OK;
    enum err e = err_set(op, ERR_REFUND_EXCEEDS, NULL);
    err_param_int(op, "line", item - o->items + 1);
    err_param_int(op, "left", left);
    return e;
}

/* What earlier refunds have not given back of it. */
static enum err add_shipping(struct op *op, const struct order_facts *o, struct parts *parts)
{
    struct rows left;
    TRY(db_query(op, &left, Q_REFUND_SHIPPING_LEFT, P_INT(o->id)));
    parts->shipping = row_int(&left, 0, "shipping");
    return ERR_OK;
}

static enum err exceeds(struct op *op, int64_t amount, int64_t remainder)
{
    enum err e = err_set(op, ERR_REFUND_EXCEEDS, NULL);
    err_param_int(op, "amount", amount);
    err_param_int(op, "remainder", remainder);
    return e;
}

enum err refund_order(struct op *op, struct order_facts *o, const struct refund_in *in, int64_t *refund_id)
{
    struct giving g = { .in = in, .left.allowance = in->line_count ? 0 : in->amount };
    struct shares s = shares_new(op, in->line_count);
    TRY(refund_none_waiting(op, o));
    for (size_t k = 0; k < in->line_count; k++) {
        TRY(check_line(op, o, in, k));
        s.units[k] = in->lines[k].quantity;
        if (s.units[k] > 0)
            s.amounts[k] = add_line(op, order_item(o, in->lines[k].item_id), s.units[k], &g.left);
    }
    if (in->shipping)
        TRY(add_shipping(op, o, &g.left));
    int64_t amount = g.left.net + g.left.tax + g.left.shipping + g.left.allowance;
    if (amount > remainder_of(o))
        return exceeds(op, amount, remainder_of(o));
    if (amount == 0)
        return err_set(op, ERR_NOTHING_TO_PAY, NULL);
    TRY(refund_needs_second(op, o, amount, &g.waits));
    TRY(draw(op, o, amount, &g));
    write_lines(op, in->lines, in->line_count, &s, g.first);
    *refund_id = g.first;
    return ERR_OK;
}

static bool all_given_back(const struct order_facts *o)
{
    for (size_t i = 0; i < o->item_count; i++)
        if (o->items[i].refunded_quantity < o->items[i].quantity)
            return false;
    return true;
}

/* Nothing canceled or returned among the units: no reason to disturb what waits. */
static bool none_came_back(const struct order_facts *o, const struct refund_in *in)
{
    for (size_t k = 0; k < in->line_count; k++) {
        const struct order_item *item = order_item(o, in->lines[k].item_id);
        if (item && min64(in->lines[k].quantity, item->canceled + item->returned) > 0)
            return false;
    }
    return true;
}

enum err refund_units(struct op *op, struct order_facts *o, const struct refund_in *in, int64_t *refund_id)
{
    struct giving g = in->asked ? (struct giving){ .in = in } : giving_owed(op, in);
    struct shares s = shares_new(op, in->line_count);
    *refund_id = 0;
    if (none_came_back(o, in))
        return ERR_OK;
    TRY(in->asked ? refund_none_waiting(op, o) : refund_withdraw(op, o, REFUND_WITHDRAW_ASKED));
    int64_t left = remainder_of(o);
    if (left == 0)
        return ERR_OK;
    for (size_t k = 0; k < in->line_count; k++) {
        struct order_item *item = order_item(o, in->lines[k].item_id);
        s.units[k] = item ? min64(in->lines[k].quantity, item->canceled + item->returned - item->refunded_quantity) : 0;
        if (s.units[k] > 0)
            s.amounts[k] = add_line(op, item, s.units[k], &g.left);
    }
    if (in->shipping && all_given_back(o))
        TRY(add_shipping(op, o, &g.left));
    int64_t all = g.left.net + g.left.tax + g.left.shipping, amount = min64(all, left);
    shrink(&g.left, all - amount);
    if (amount == 0)
        return ERR_OK;
    TRY(in->asked ? refund_needs_second(op, o, amount, &g.waits) : hold_diverted(op, o, amount, &g));
    if (in->waits)
        *in->waits = g.waits;
    TRY(draw(op, o, amount, &g));
    write_lines(op, in->lines, in->line_count, &s, g.first);
    *refund_id = g.first;
    return ERR_OK;
}
