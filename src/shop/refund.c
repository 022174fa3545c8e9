/* Recording refunds. */
#include "shop/refund.h"

#include <string.h>

#include "core/arena.h"
#include "db/db.h"
#include "shop/refund_draw.h"
#include "shop/refund_row.h"

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What follows from a cancellation goes home by itself, by the way it came. A person who sends it to an
 * account instead says who gets the money, and is held by the limit for one person. */
static struct refund_giving giving_owed(const struct op *op, const struct refund_in *in)
{
    bool diverted = op->actor.kind == ACTOR_STAFF && in->target && strcmp(in->target, "manual") == 0;
    return (struct refund_giving){ .in = in, .automatic = !diverted, .owed = diverted };
}

static enum err hold_diverted(struct op *op, const struct order_facts *o, int64_t amount, struct refund_giving *g)
{
    if (!g->owed)
        return ERR_OK;
    TRY(refund_needs_second(op, o, amount, &g->waits));
    return g->waits ? refund_none_waiting(op, o) : ERR_OK;
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
    struct refund_giving g = giving_owed(op, in);
    struct shares s = shares_new(op, o->item_count);
    struct refund_line *lines = arena_array(op->arena, struct refund_line, o->item_count + 1);
    struct rows left;
    TRY(refund_withdraw(op, o, REFUND_WITHDRAW_ALL));
    int64_t amount = refund_remainder(o);
    if (amount == 0)
        return ERR_OK;
    TRY(db_query(op, &left, Q_REFUND_SHIPPING_LEFT, P_INT(o->id)));
    for (size_t i = 0; i < o->item_count; i++) {
        lines[i].item_id = o->items[i].id;
        s.units[i] = o->items[i].quantity - o->items[i].refunded_quantity;
        if (s.units[i] > 0)
            s.amounts[i] = refund_add_line(op, &o->items[i], s.units[i], &g.left);
    }
    g.left.shipping = row_int(&left, 0, "shipping");
    g.left.allowance = amount - g.left.net - g.left.tax - g.left.shipping;
    if (g.left.allowance < 0) {
        int64_t less = -g.left.allowance;
        g.left.allowance = 0;
        refund_shrink(&g.left, less);
    }
    TRY(hold_diverted(op, o, amount, &g));
    TRY(refund_draw(op, o, amount, &g));
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
static enum err add_shipping(struct op *op, const struct order_facts *o, struct refund_parts *parts)
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
    struct refund_giving g = { .in = in, .left.allowance = in->line_count ? 0 : in->amount };
    struct shares s = shares_new(op, in->line_count);
    TRY(refund_none_waiting(op, o));
    for (size_t k = 0; k < in->line_count; k++) {
        TRY(check_line(op, o, in, k));
        s.units[k] = in->lines[k].quantity;
        if (s.units[k] > 0)
            s.amounts[k] = refund_add_line(op, order_item(o, in->lines[k].item_id), s.units[k], &g.left);
    }
    if (in->shipping)
        TRY(add_shipping(op, o, &g.left));
    int64_t amount = g.left.net + g.left.tax + g.left.shipping + g.left.allowance;
    if (amount > refund_remainder(o))
        return exceeds(op, amount, refund_remainder(o));
    if (amount == 0)
        return err_set(op, ERR_NOTHING_TO_PAY, NULL);
    TRY(refund_needs_second(op, o, amount, &g.waits));
    TRY(refund_draw(op, o, amount, &g));
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
    struct refund_giving g = in->asked ? (struct refund_giving){ .in = in } : giving_owed(op, in);
    struct shares s = shares_new(op, in->line_count);
    *refund_id = 0;
    if (none_came_back(o, in))
        return ERR_OK;
    TRY(in->asked ? refund_none_waiting(op, o) : refund_withdraw(op, o, REFUND_WITHDRAW_ASKED));
    int64_t left = refund_remainder(o);
    if (left == 0)
        return ERR_OK;
    for (size_t k = 0; k < in->line_count; k++) {
        struct order_item *item = order_item(o, in->lines[k].item_id);
        s.units[k] = item ? min64(in->lines[k].quantity, item->canceled + item->returned - item->refunded_quantity) : 0;
        if (s.units[k] > 0)
            s.amounts[k] = refund_add_line(op, item, s.units[k], &g.left);
    }
    if (in->shipping && all_given_back(o))
        TRY(add_shipping(op, o, &g.left));
    int64_t all = g.left.net + g.left.tax + g.left.shipping, amount = min64(all, left);
    refund_shrink(&g.left, all - amount);
    if (amount == 0)
        return ERR_OK;
    TRY(in->asked ? refund_needs_second(op, o, amount, &g.waits) : hold_diverted(op, o, amount, &g));
    if (in->waits)
        *in->waits = g.waits;
    TRY(refund_draw(op, o, amount, &g));
    write_lines(op, in->lines, in->line_count, &s, g.first);
    *refund_id = g.first;
    return ERR_OK;
}
