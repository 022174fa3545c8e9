/* Applying events to orders. */
#include "shop/order_event.h"

#include <string.h>

#include "core/arena.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "db/outbox.h"
#include "shop/cod.h"
#include "shop/fsm.h"
#include "shop/ledger.h"
#include "shop/refund.h"

typedef bool guard_fn(const struct order_facts *o);
typedef enum err effect_fn(struct op *op, struct order_facts *o, const struct order_event *e);

static bool is_cod(const struct order_facts *o)
{
    return cod_order(o);
}

static bool nothing_shipped(const struct order_facts *o)
{
    return order_shipped(o) == 0;
}

static bool has_reserved(const struct order_facts *o)
{
    return order_reserved(o) + order_shipped(o) > 0;
}

/* Parcels on their way are taken as delivered by the event; one that failed is still with the carrier. */
static bool parcels_arrived(const struct order_facts *o)
{
    return order_parcels(o, "shipped") + order_parcels(o, "delivered") > 0 && order_parcels(o, "failed") == 0;
}

static bool all_came_back(const struct order_facts *o)
{
    if (order_parcels(o, "delivered") > 0)
        return false;
    for (size_t i = 0; i < o->item_count; i++)
        if (o->items[i].returned != o->items[i].shipped)
            return false;
    return order_shipped(o) > 0;
}

static bool always(const struct order_facts *o)
{
    (void)o;
    return true;
}

/* can_be_revived asks the database and is decided by the settlement before it names the event. */
static const struct {
    const char *name;
    guard_fn *holds;
} guards[] = {
    { "", always }, { "is_cod", is_cod }, { "nothing_shipped", nothing_shipped }, { "has_reserved", has_reserved },
    { "all_came_back", all_came_back }, { "parcels_arrived", parcels_arrived }, { "can_be_revived", always },
};

static bool guard_holds(const char *name, const struct order_facts *o)
{
    for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
        if (strcmp(guards[i].name, name) == 0)
            return guards[i].holds(o);
    return false;
}

void order_post_capture(struct op *op, const struct order_facts *o, const char *method, int64_t wallet_paid,
                        int64_t other_paid, int64_t payment_id)
{
    int64_t a[SOURCE_COUNT] = { 0 };
    enum ledger_source by = strcmp(method, "card_to_card") == 0 ? SOURCE_TRANSFER_PAID
                          : strcmp(method, "cod") == 0          ? SOURCE_COD_PAID
                                                                : SOURCE_GATEWAY_PAID;
    a[by] = other_paid;
    a[SOURCE_WALLET_PAID] = wallet_paid;
    a[SOURCE_SALES_NET] = o->subtotal - (o->prices_include_tax ? o->tax : 0);
    a[SOURCE_TAX_AMOUNT] = o->tax;
    a[SOURCE_SHIPPING_AMOUNT] = o->shipping;
    a[SOURCE_DISCOUNT_AMOUNT] = o->discount;
    ledger_post(op, LEDGER_CAPTURE, &(struct ledger_refs){ .order = o->id, .payment = payment_id }, a);
}

static void notify(struct op *op, const struct order_facts *o, const char *message)
{
    struct view *payload = view_new(op->arena);
    view_int(payload, "order_id", o->id);
    view_text(payload, "message", message);
    outbox_add(op, "order_message", arena_printf(op->arena, "%s:%lld", message, (long long)o->id), payload, 0);
}

static enum err effect_capture(struct op *op, struct order_facts *o, const struct order_event *e)
{
    (void)e;
    struct order_payment *main = order_main_payment(o);
    if (o->wallet)
        db_queue(op, Q_WALLET_CAPTURE, P_INT(o->id));
    if (o->payment_method && strcmp(o->payment_method, "card_to_card") == 0)
        db_queue(op, Q_PAYMENT_OFFLINE_CLOSE, P_INT(o->id)); /* it may have been paid at the bank after all */
    order_post_capture(op, o, main ? main->method : "wallet", o->wallet, main ? main->amount : 0, main ? main->id : 0);
    outbox_add(op, "invoice_seal", "soon", NULL, 1);
    notify(op, o, "order_paid");
    return ERR_OK;
}

static enum err effect_release(struct op *op, struct order_facts *o, const struct order_event *e)
{
    bool pending = strcmp(o->status, "pending") == 0;
    db_queue(op, Q_ORDER_CANCEL_REASON, P_INT(o->id), P_TEXT(e->cancel_reason));
    db_queue(op, Q_ORDER_RELEASE, P_INT(o->id));
    if (o->coupon_id != INT64_MIN)
        db_queue(op, Q_COUPON_RELEASE, P_INT(o->id));
    if (pending || cod_order(o))
        cod_release(op, o);
    if (!pending)
        TRY(refund_whole_order(op, o, &(struct refund_in){ .target = e->refund_to, .consent = e->wallet_consent,
                                                           .reason = e->reason }));
    if (strcmp(e->cancel_reason, "expired") == 0)
        metrics_add(METRIC_ORDERS_EXPIRED, 0, 1);
    notify(op, o, strcmp(e->cancel_reason, "expired") == 0 ? "order_expired" : "order_canceled");
    return ERR_OK;
}

static enum err effect_revive(struct op *op, struct order_facts *o, const struct order_event *e)
{
    db_queue(op, Q_ORDER_RETAKE, P_INT(o->id));
    db_queue(op, Q_ORDER_CANCEL_REASON, P_INT(o->id), P_TEXT(NULL));
    if (o->coupon_id != INT64_MIN) {
        struct rows seq;
        TRY(db_query(op, &seq, Q_ORDER_NEXT_SEQ, P_INT(o->coupon_id), P_INT(o->customer_id), P_INT(o->id)));
        db_queue(op, Q_COUPON_TAKE, P_INT(o->coupon_id), P_INT(o->customer_id), P_INT(row_int(&seq, 0, "free_seq")),
                 P_OPT_INT(row_int(&seq, 0, "seq_limit")), P_INT(o->id));
    }
    if (o->wallet)
        db_queue(op, Q_WALLET_REVIVE, P_INT(o->id));
    return effect_capture(op, o, e);
}

static enum err effect_ship(struct op *op, struct order_facts *o, const struct order_event *e)
{
    if (order_reserved(o))
        db_queue(op, Q_ORDER_SHIP, P_INT(o->id), P_TEXT(e->carrier), P_TEXT(e->tracking_number));
    db_queue(op, Q_ORDER_SOLD, P_INT(o->id));
    notify(op, o, "order_shipped");
    return ERR_OK;
}

/* Units of parcels that did not arrive are given back now that the order has its end. */
static enum err effect_deliver(struct op *op, struct order_facts *o, const struct order_event *e)
{
    int64_t refund;
    db_queue(op, Q_ORDER_DELIVERED, P_INT(o->id));
    struct refund_line *lines = arena_array(op->arena, struct refund_line, o->item_count + 1);
    for (size_t i = 0; i < o->item_count; i++)
        lines[i] = (struct refund_line){ .item_id = o->items[i].id, .quantity = o->items[i].returned };
    return refund_units(op, o, &(struct refund_in){ .lines = lines, .line_count = o->item_count, .target = e->refund_to,
                                                    .consent = e->wallet_consent, .reason = e->reason }, &refund);
}

static enum err effect_close(struct op *op, struct order_facts *o, const struct order_event *e)
{
    return refund_whole_order(op, o, &(struct refund_in){ .target = e->refund_to, .consent = e->wallet_consent,
                                                          .reason = e->reason });
}

/* Cash on delivery has its invoice from the start: it travels with the goods. */
static enum err effect_number(struct op *op, struct order_facts *o, const struct order_event *e)
{
    (void)o;
    (void)e;
    outbox_add(op, "invoice_seal", "soon", NULL, 1);
    return ERR_OK;
}

/* Cash on delivery: what arrived is paid now. */
static enum err effect_collect(struct op *op, struct order_facts *o, const struct order_event *e)
{
    (void)e;
    return cod_order(o) ? cod_collect(op, o) : ERR_OK;
}

/* Cash on delivery: nothing arrived, nothing is paid. */
static enum err effect_let_go(struct op *op, struct order_facts *o, const struct order_event *e)
{
    (void)e;
    if (cod_order(o))
        cod_release(op, o);
    return ERR_OK;
}

/* An event may have several rows: they run in this order. */
static const struct {
    const char *event;
    effect_fn *run;
} effects[] = {
    { "capture", effect_capture }, { "confirm_cod", effect_number }, { "late_capture", effect_revive },
    { "cancel", effect_release }, { "expire", effect_release }, { "ship", effect_ship }, { "deliver", effect_deliver }, { "close", effect_close },
    { "deliver", effect_collect }, { "close", effect_let_go },
};

bool order_event_allowed(const struct order_facts *o, const char *event, enum actor_kind actor)
{
    const struct transition *t = fsm_find(MACHINE_ORDER, o->status, event);
    return t && fsm_actor_may(t, actor) && guard_holds(t->guard, o);
}

enum err order_event(struct op *op, struct order_facts *o, const struct order_event *e)
{
    const struct transition *t = fsm_find(MACHINE_ORDER, o->status, e->event);
    if (!t || !fsm_actor_may(t, op->actor.kind) || !guard_holds(t->guard, o)) {
        enum err illegal = err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
        err_param_text(op, "status", o->status);
        err_param_text(op, "event", e->event);
        return illegal;
    }
    for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
        if (strcmp(effects[i].event, e->event) == 0)
            TRY(effects[i].run(op, o, e));
    db_queue(op, Q_ORDER_MOVE, P_INT(o->id), P_INT(o->version), P_TEXT(e->event), P_TEXT(t->to), P_TEXT(e->reason));
    o->status = t->to;
    o->version++;
    return ERR_OK;
}

enum err order_follow(struct op *op, struct order_facts *o)
{
    bool shipped = strcmp(o->status, "processing") == 0 && order_reserved(o) == 0 && order_shipped(o) > 0;
    if (shipped)
        TRY(order_event(op, o, &(struct order_event){ .event = "ship" }));
    bool ended = strcmp(o->status, "shipped") == 0 && order_parcels(o, "shipped") == 0 && order_event_allowed(o, "deliver", op->actor.kind);
    if (ended)
        TRY(order_event(op, o, &(struct order_event){ .event = "deliver" }));
    return ERR_OK;
}

enum err order_transition(struct op *op, int64_t order_id, const struct order_event *e)
{
    struct order_facts o;
    TRY(order_lock(op, order_id, true, &o));
    return order_event(op, &o, e);
}
