/* Refunds that wait for a second person. At most one request of an order waits at a time, so that what
 * it set aside can be freed again to the last Toman. */
#include <string.h>

#include "core/arena.h"
#include "db/db.h"
#include "db/tx.h"
#include "shop/refund.h"
#include "shop/refund_row.h"
#include "shop/returns.h"
#include "shop/settings.h"

enum err refund_none_waiting(struct op *op, const struct order_facts *o)
{
    struct rows r;
    TRY(db_query(op, &r, Q_REFUND_WAITING, P_INT(o->id)));
    return r.count ? err_set(op, ERR_REFUND_WAITING, NULL) : ERR_OK;
}

enum err refund_needs_second(struct op *op, const struct order_facts *o, int64_t amount, bool *needs)
{
    struct settings s;
    struct rows r;
    TRY(settings_load(op, &s));
    *needs = false;
    if (s.refund_approval_above == 0 || op->actor.kind != ACTOR_STAFF)
        return ERR_OK;
    TRY(db_query(op, &r, Q_REFUND_ALONE, P_INT(o->id)));
    *needs = row_int(&r, 0, "amount") + amount > s.refund_approval_above;
    return ERR_OK;
}

static void free_lines(struct op *op, struct order_facts *o, const struct rows *lines)
{
    for (int i = 0; i < lines->count; i++) {
        int64_t units = row_int(lines, i, "quantity"), amount = row_int(lines, i, "amount");
        struct order_item *item = order_item(o, row_int(lines, i, "item_id"));
        db_queue(op, Q_REFUND_ITEM, P_INT(item->id), P_INT(-units), P_INT(-amount));
        item->refunded_quantity -= units;
        item->refunded_amount -= amount;
    }
}

/* What was set aside is free again. */
static enum err give_up(struct op *op, struct order_facts *o, const struct rows *waiting, const char *event, const char *why)
{
    struct rows lines;
    TRY(db_query(op, &lines, Q_REFUND_WAITING_LINES, P_INT(o->id)));
    for (int i = 0; i < waiting->count; i++) {
        struct order_payment *p = order_payment(o, row_int(waiting, i, "payment_id"));
        int64_t id = row_int(waiting, i, "id"), amount = row_int(waiting, i, "amount");
        db_queue(op, Q_REFUND_DECIDE, P_INT(id), P_INT(row_int(waiting, i, "version")), P_TEXT(event), P_TEXT("refused"), P_TEXT(why));
        db_queue(op, Q_REFUND_COMMIT, P_INT(p->id), P_INT(-amount));
        p->refund_committed -= amount;
    }
    free_lines(op, o, &lines);
    return ERR_OK;
}

enum err refund_withdraw(struct op *op, struct order_facts *o, enum refund_withdrawal what)
{
    struct rows waiting;
    TRY(db_query(op, &waiting, Q_REFUND_WAITING, P_INT(o->id)));
    bool stays = waiting.count && row_bool(&waiting, 0, "owed") && what != REFUND_WITHDRAW_ALL;
    return waiting.count && !stays ? give_up(op, o, &waiting, "withdraw", NULL) : ERR_OK;
}

/* What is owed in any case goes home by the way it came once another way was refused. */
static enum err give_home(struct op *op, struct order_facts *o, const struct rows *lines, const char *reason)
{
    bool whole = strcmp(o->status, "canceled") == 0 || strcmp(o->status, "returned") == 0;
    struct refund_line *list = arena_array(op->arena, struct refund_line, (size_t)lines->count + 1);
    int64_t refund;
    for (int i = 0; i < lines->count; i++)
        list[i] = (struct refund_line){ .item_id = row_int(lines, i, "item_id"), .quantity = row_int(lines, i, "quantity") };
    struct refund_in in = { .lines = list, .line_count = (size_t)lines->count, .reason = reason };
    return whole ? refund_whole_order(op, o, &in) : refund_units(op, o, &in, &refund);
}

static enum err refuse(struct op *op, struct order_facts *o, const struct rows *waiting, const char *why)
{
    struct rows lines;
    TRY(db_query(op, &lines, Q_REFUND_WAITING_LINES, P_INT(o->id)));
    TRY(give_up(op, o, waiting, "refuse", why));
    return row_bool(waiting, 0, "owed") ? give_home(op, o, &lines, row_text(waiting, 0, "reason")) : ERR_OK;
}

static enum err approve(struct op *op, const struct order_facts *o, const struct rows *waiting)
{
    for (int i = 0; i < waiting->count; i++)
        if (row_int_or(waiting, i, "asked_by", 0) == op->actor.id)
            return err_set(op, ERR_SECOND_PERSON, NULL);
    for (int i = 0; i < waiting->count; i++) {
        const struct refund_target *t = refund_target(row_text(waiting, i, "target"));
        struct refund_row r = { .id = row_int(waiting, i, "id"), .version = row_int(waiting, i, "version") + 1, .order = o->id,
            .payment = row_int(waiting, i, "payment_id"), .customer = o->customer_id, .amount = row_int(waiting, i, "amount"),
            .net = row_int(waiting, i, "lines_net"), .tax = row_int(waiting, i, "lines_tax"),
            .shipping = row_int(waiting, i, "shipping"), .allowance = row_int(waiting, i, "allowance"), .target = t->name,
            .reference = row_text(waiting, i, "reference") };
        db_queue(op, Q_REFUND_DECIDE, P_INT(r.id), P_INT(r.version - 1), P_TEXT(t->event), P_TEXT(t->status), P_NULL);
        refund_take_effect(op, &r);
        if (!row_null(waiting, i, "return_id"))
            TRY(return_paid(op, row_int(waiting, i, "return_id"), r.id));
    }
    return ERR_OK;
}

enum err refund_decide(struct op *op, const char *uuid, bool yes, const char *why, int64_t *refund_id)
{
    struct rows r, waiting;
    struct order_facts o;
    bool found = false;
    TRY(db_look(op, &r, Q_REFUND_ROUTE, P_TEXT(uuid)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *refund_id = row_int(&r, 0, "id");
    if (row_null(&r, 0, "order_id"))
        return err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
    TRY(order_lock(op, row_int(&r, 0, "order_id"), false, &o));
    TRY(db_query(op, &waiting, Q_REFUND_WAITING, P_INT(o.id)));
    for (int i = 0; i < waiting.count; i++)
        found = found || row_int(&waiting, i, "id") == *refund_id;
    if (!found)
        return err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
    return yes ? approve(op, &o, &waiting) : refuse(op, &o, &waiting, why);
}
