/* Parcels. */
#include "shop/shipment.h"

#include <string.h>

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "db/outbox.h"
#include "shop/cod.h"
#include "shop/fsm.h"
#include "shop/order_event.h"
#include "shop/refund.h"

static enum err wrong(struct op *op, const char *list, size_t k, const char *member, const char *code)
{
    err_field(op, arena_printf(op->arena, "/%s/%zu/%s", list, k, member), code, NULL);
    return ERR_INVALID_FIELD;
}

static enum err illegal(struct op *op, const char *status, const char *event)
{
    enum err e = err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
    err_param_text(op, "status", status);
    err_param_text(op, "event", event);
    return e;
}

/* ---- going out ---- */

static enum err check_units(struct op *op, const struct order_facts *o, const struct shipment_in *in)
{
    int64_t sum = 0;
    for (size_t k = 0; k < in->n; k++) {
        const struct order_item *item = order_item(o, in->units[k].item_id);
        if (!item)
            return wrong(op, "items", k, "item_id", "not_found");
        for (size_t i = 0; i < k; i++)
            if (in->units[i].item_id == item->id)
                return wrong(op, "items", k, "item_id", "duplicate");
        if (in->units[k].quantity > item->reserved)
            return wrong(op, "items", k, "quantity", "too_large");
        sum += in->units[k].quantity;
    }
    if (sum > 0)
        return ERR_OK;
    err_field(op, "/items", "required", NULL);
    return ERR_INVALID_FIELD;
}

static void tell_part(struct op *op, const struct order_facts *o, int64_t shipment)
{
    struct view *payload = view_new(op->arena);
    view_int(payload, "order_id", o->id);
    view_text(payload, "message", "order_part_shipped");
    view_int(payload, "shipment_id", shipment);
    outbox_add(op, "order_message", arena_printf(op->arena, "part:%lld", (long long)shipment), payload, 0);
}

static void add_parcel(struct op *op, struct order_facts *o, int64_t id)
{
    struct order_parcel *list = arena_array(op->arena, struct order_parcel, o->parcel_count + 1);
    for (size_t i = 0; i < o->parcel_count; i++)
        list[i] = o->parcels[i];
    list[o->parcel_count++] = (struct order_parcel){ .id = id, .version = 1, .status = "shipped" };
    o->parcels = list;
}

enum err shipment_create(struct op *op, struct order_facts *o, const struct shipment_in *in, int64_t *id)
{
    struct rows r;
    int64_t *items = arena_array(op->arena, int64_t, in->n + 1), *quantities = arena_array(op->arena, int64_t, in->n + 1);
    size_t n = 0;
    if (strcmp(o->status, "processing") != 0)
        return illegal(op, o->status, "ship");
    TRY(check_units(op, o, in));
    for (size_t k = 0; k < in->n; k++) {
        if (in->units[k].quantity == 0)
            continue;
        struct order_item *item = order_item(o, in->units[k].item_id);
        items[n] = item->id;
        quantities[n++] = in->units[k].quantity;
        item->reserved -= in->units[k].quantity;
        item->shipped += in->units[k].quantity;
    }
    TRY(db_query(op, &r, Q_SHIPMENT_ADD, P_INT(o->id), P_TEXT(in->carrier), P_TEXT(in->tracking_number), P_INTS(items, n),
                 P_INTS(quantities, n)));
    *id = row_int(&r, 0, "id");
    add_parcel(op, o, *id);
    if (order_reserved(o) > 0)
        tell_part(op, o, *id);
    return order_follow(op, o);
}

/* ---- on the way and back ---- */

static struct order_parcel *find(const struct order_facts *o, int64_t id)
{
    for (size_t i = 0; i < o->parcel_count; i++)
        if (o->parcels[i].id == id)
            return &o->parcels[i];
    return NULL;
}

/* Goods of a delivered order that never arrived are paid back by themselves; before that the order's
 * own end (`deliver` or `close`) does it. What the courier did not bring was not paid to him either. */
static enum err give_back(struct op *op, struct order_facts *o, const struct units_back *back, size_t n)
{
    int64_t refund;
    struct refund_line *lines = arena_array(op->arena, struct refund_line, n + 1);
    if (strcmp(o->status, "delivered") != 0 || cod_order(o))
        return ERR_OK;
    for (size_t k = 0; k < n; k++)
        lines[k] = (struct refund_line){ .item_id = back[k].item_id, .quantity = back[k].restocked + back[k].written_off };
    return refund_units(op, o, &(struct refund_in){ .lines = lines, .line_count = n }, &refund);
}

static enum err take_back(struct op *op, struct order_facts *o, struct order_parcel *p, const struct units_back *back, size_t n)
{
    int64_t *items = arena_array(op->arena, int64_t, n + 1), *restocked = arena_array(op->arena, int64_t, n + 1),
            *written_off = arena_array(op->arena, int64_t, n + 1);
    for (size_t k = 0; k < n; k++) {
        struct order_item *item = order_item(o, back[k].item_id);
        items[k] = back[k].item_id;
        restocked[k] = back[k].restocked;
        written_off[k] = back[k].written_off;
        item->returned += back[k].restocked + back[k].written_off;
    }
    db_queue(op, Q_SHIPMENT_RECEIVED, P_INT(p->id), P_INT(o->id), P_INTS(items, n), P_INTS(restocked, n), P_INTS(written_off, n));
    p->received = true;
    return give_back(op, o, back, n);
}

static enum err write_off(struct op *op, struct order_facts *o, struct order_parcel *p)
{
    struct rows r;
    TRY(db_query(op, &r, Q_SHIPMENT_ITEMS, P_INT(p->id)));
    struct units_back *back = arena_array(op->arena, struct units_back, (size_t)r.count + 1);
    for (int i = 0; i < r.count; i++)
        back[i] = (struct units_back){ .item_id = row_int(&r, i, "item_id"), .written_off = row_int(&r, i, "quantity") };
    return take_back(op, o, p, back, (size_t)r.count);
}

enum err shipment_change(struct op *op, struct order_facts *o, int64_t id, const char *status)
{
    struct order_parcel *p = find(o, id);
    if (!p)
        return err_set(op, ERR_NOT_FOUND, NULL);
    const struct transition *t = fsm_find_to(MACHINE_SHIPMENT, p->status, status);
    if (!t || !fsm_actor_may(t, op->actor.kind))
        return illegal(op, p->status, status);
    db_queue(op, Q_SHIPMENT_MOVE, P_INT(p->id), P_INT(p->version), P_TEXT(t->event), P_TEXT(t->to));
    p->status = t->to;
    p->version++;
    if (strcmp(p->status, "lost") == 0)
        TRY(write_off(op, o, p));
    return order_follow(op, o);
}

/* Every line of the parcel once, with all its units. */
static enum err check_back(struct op *op, const struct rows *held, const struct units_back *back, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        int at = 0;
        while (at < held->count && row_int(held, at, "item_id") != back[k].item_id)
            at++;
        if (at == held->count)
            return wrong(op, "lines", k, "item_id", "not_found");
        for (size_t i = 0; i < k; i++)
            if (back[i].item_id == back[k].item_id)
                return wrong(op, "lines", k, "item_id", "duplicate");
        if (back[k].restocked + back[k].written_off != row_int(held, at, "quantity"))
            return wrong(op, "lines", k, "restocked", "invalid");
    }
    if (n == (size_t)held->count)
        return ERR_OK;
    err_field(op, "/lines", "required", NULL);
    return ERR_INVALID_FIELD;
}

enum err shipment_receive(struct op *op, struct order_facts *o, int64_t id, const struct units_back *back, size_t n)
{
    struct rows held;
    struct order_parcel *p = find(o, id);
    if (!p)
        return err_set(op, ERR_NOT_FOUND, NULL);
    if (strcmp(p->status, "returned_to_sender") != 0 || p->received)
        return illegal(op, p->status, "receive");
    TRY(db_query(op, &held, Q_SHIPMENT_ITEMS, P_INT(p->id)));
    TRY(check_back(op, &held, back, n));
    return take_back(op, o, p, back, n);
}
