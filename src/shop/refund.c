/* Recording refunds. */
#include "shop/refund.h"

#include <string.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "db/outbox.h"
#include "shop/gateway.h"
#include "shop/ledger.h"
#include "shop/price.h"

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

/* How a target begins: state, event, and what follows. */
struct target {
    const char *name, *status, *event;
};

static const struct target targets[] = {
    { "gateway", "requested", "request" },
    { "wallet", "done", "credit" },
    { "manual", "awaiting_transfer", "promise" },
};

static const struct target *target_find(const char *name)
{
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        if (strcmp(targets[i].name, name) == 0)
            return &targets[i];
    return NULL;
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

static void follow_up(struct op *op, int64_t refund_id, const char *target)
{
    struct view *payload = view_new(op->arena);
    view_int(payload, "refund_id", refund_id);
    if (strcmp(target, "gateway") == 0)
        outbox_add(op, "refund_send", arena_printf(op->arena, "refund:%lld", (long long)refund_id), payload, 0);
    else
        outbox_add(op, "refund_message", arena_printf(op->arena, "refund:%lld", (long long)refund_id), payload, 0);
}

/* Staff who name the transfer's reference have made it already. */
static void queue_transferred(struct op *op, const struct ledger_refs *refs, const int64_t amounts[SOURCE_COUNT],
                              const char *reference)
{
    db_queue(op, Q_REFUND_MOVE, P_INT(refs->refund), P_INT(1), P_TEXT("transfer"), P_TEXT("done"), P_TEXT(reference));
    ledger_post(op, LEDGER_REFUND_BY_TRANSFER, refs, amounts);
}

static enum err refund_from(struct op *op, struct order_facts *o, struct order_payment *p, int64_t amount,
                            struct parts *left, const struct refund_in *in, int64_t *refund_id)
{
    const struct target *t = target_find(choose_target(op, p, in->target));
    if (!t)
        return err_set(op, ERR_INVALID_FIELD, NULL);
    if (in->target && strcmp(t->name, "wallet") == 0 && strcmp(p->method, "wallet") != 0 && !in->consent)
        return err_set(op, ERR_REFUND_CONSENT, NULL);
    struct rows r;
    db_queue(op, Q_REFUND_COMMIT, P_INT(p->id), P_INT(amount));
    TRY(db_query(op, &r, Q_REFUND_INSERT, P_INT(p->id), P_INT(o->id), P_INT(o->customer_id), P_INT(amount), P_TEXT("IRT"),
                 P_TEXT(t->name), P_TEXT(in->iban), P_TEXT(in->reason), P_TEXT(t->status), P_TEXT(t->event)));
    int64_t id = row_int(&r, 0, "id"), a[SOURCE_COUNT] = { 0 };
    struct ledger_refs refs = { .order = o->id, .payment = p->id, .refund = id };
    a[SOURCE_REFUND_AMOUNT] = amount;
    int64_t rest = amount;
    rest -= a[SOURCE_LINES_NET] = take(&left->net, rest);
    rest -= a[SOURCE_LINES_TAX] = take(&left->tax, rest);
    rest -= a[SOURCE_SHIPPING_AMOUNT] = take(&left->shipping, rest);
    a[SOURCE_ALLOWANCE_AMOUNT] = take(&left->allowance, rest);
    ledger_post(op, LEDGER_REFUND, &refs, a);
    if (strcmp(t->name, "wallet") == 0) {
        db_queue(op, Q_REFUND_TO_WALLET, P_INT(o->customer_id), P_INT(amount), P_INT(o->id), P_INT(p->id), P_INT(id));
        ledger_post(op, LEDGER_REFUND_TO_WALLET, &refs, a);
    }
    if (strcmp(t->name, "manual") == 0 && in->reference && op->actor.kind == ACTOR_STAFF)
        queue_transferred(op, &refs, a, in->reference);
    follow_up(op, id, t->name);
    p->refund_committed += amount;
    if (*refund_id == 0)
        *refund_id = id;
    return ERR_OK;
}

/* Takes the sum from the payments: not the wallet first, then the wallet. */
static enum err draw(struct op *op, struct order_facts *o, int64_t amount, struct parts *parts,
                     const struct refund_in *in, int64_t *refund_id)
{
    for (int wallet = 0; wallet < 2; wallet++)
        for (size_t i = 0; i < o->payment_count && amount > 0; i++) {
            struct order_payment *p = &o->payments[i];
            int64_t part = min64(amount, p->captured - p->refund_committed);
            if ((strcmp(p->method, "wallet") == 0) != wallet || part <= 0)
                continue;
            TRY(refund_from(op, o, p, part, parts, in, refund_id));
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

enum err refund_whole_order(struct op *op, struct order_facts *o, const struct refund_in *in)
{
    struct parts parts = { 0 };
    struct rows left;
    int64_t id = 0, amount = remainder_of(o);
    if (amount == 0)
        return ERR_OK;
    TRY(db_query(op, &left, Q_REFUND_SHIPPING_LEFT, P_INT(o->id)));
    for (size_t i = 0; i < o->item_count; i++)
        if (o->items[i].quantity > o->items[i].refunded_quantity)
            add_line(op, &o->items[i], o->items[i].quantity - o->items[i].refunded_quantity, &parts);
    parts.shipping = row_int(&left, 0, "shipping");
    parts.allowance = amount - parts.net - parts.tax - parts.shipping;
    if (parts.allowance < 0) {
        int64_t less = -parts.allowance;
        parts.allowance = 0;
        shrink(&parts, less);
    }
    return draw(op, o, amount, &parts, in, &id);
}

enum err refund_order(struct op *op, struct order_facts *o, const struct refund_in *in, int64_t *refund_id)
{
    struct parts parts = { .allowance = in->line_count ? 0 : in->amount };
    int64_t *shares = arena_array(op->arena, int64_t, in->line_count + 1);
    *refund_id = 0;
    for (size_t k = 0; k < in->line_count; k++) {
        struct order_item *item = NULL;
        for (size_t i = 0; i < o->item_count; i++)
            if (o->items[i].id == in->lines[k].item_id)
                item = &o->items[i];
        if (!item) {
            err_field(op, arena_printf(op->arena, "/lines/%zu/item_id", k), "not_found", NULL);
            return ERR_INVALID_FIELD;
        }
        if (in->lines[k].quantity > item->quantity - item->refunded_quantity)
            return err_set(op, ERR_REFUND_EXCEEDS, NULL);
        shares[k] = add_line(op, item, in->lines[k].quantity, &parts);
    }
    int64_t amount = parts.net + parts.tax + parts.allowance;
    if (amount > remainder_of(o))
        return err_set(op, ERR_REFUND_EXCEEDS, NULL);
    if (amount == 0)
        return err_set(op, ERR_NOTHING_TO_PAY, NULL);
    TRY(draw(op, o, amount, &parts, in, refund_id));
    for (size_t k = 0; k < in->line_count; k++)
        db_queue(op, Q_REFUND_LINE, P_INT(*refund_id), P_INT(in->lines[k].item_id), P_INT(in->lines[k].quantity),
                 P_INT(shares[k]));
    return ERR_OK;
}

enum err refund_units(struct op *op, struct order_facts *o, const struct refund_in *in, int64_t *refund_id)
{
    struct parts parts = { 0 };
    int64_t *units = arena_array(op->arena, int64_t, in->line_count + 1), *shares = arena_array(op->arena, int64_t, in->line_count + 1);
    int64_t left = remainder_of(o);
    *refund_id = 0;
    if (left == 0)
        return ERR_OK;
    for (size_t k = 0; k < in->line_count; k++) {
        struct order_item *item = order_item(o, in->lines[k].item_id);
        units[k] = item ? min64(in->lines[k].quantity, item->canceled + item->returned - item->refunded_quantity) : 0;
        if (units[k] > 0)
            shares[k] = add_line(op, item, units[k], &parts);
    }
    int64_t amount = min64(parts.net + parts.tax, left);
    shrink(&parts, parts.net + parts.tax - amount);
    if (amount == 0)
        return ERR_OK;
    TRY(draw(op, o, amount, &parts, in, refund_id));
    for (size_t k = 0; k < in->line_count; k++)
        if (units[k] > 0)
            db_queue(op, Q_REFUND_LINE, P_INT(*refund_id), P_INT(in->lines[k].item_id), P_INT(units[k]), P_INT(shares[k]));
    return ERR_OK;
}

enum err refund_suspense(struct op *op, int64_t payment_id, int64_t order_id, int64_t customer_id, int64_t rial,
                         const char *gateway, const char *reason)
{
    const struct target *t = target_find(gateway && gateway_can_refund(op, gateway) ? "gateway" : "manual");
    struct rows r;
    TRY(db_query(op, &r, Q_REFUND_INSERT, P_INT(payment_id), order_id ? P_INT(order_id) : P_NULL, P_INT(customer_id),
                 P_INT(rial), P_TEXT("IRR"), P_TEXT(t->name), P_NULL, P_TEXT(reason), P_TEXT(t->status), P_TEXT(t->event)));
    int64_t id = row_int(&r, 0, "id"), a[SOURCE_COUNT] = { 0 };
    a[SOURCE_RECEIVED_RIAL] = rial;
    ledger_post(op, LEDGER_SUSPENSE_REFUND, &(struct ledger_refs){ .order = order_id, .payment = payment_id, .refund = id }, a);
    follow_up(op, id, t->name);
    return ERR_OK;
}
