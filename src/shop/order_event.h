/* The one writer of an order's state: an event is looked up in the state machine, its guard decided
 * from locked facts, its effect queued, and the move made; the database's trigger checks it again and
 * writes the audit trail. Inside a transaction, after order_lock. Any process. */
#ifndef SHOP_ORDER_EVENT_H
#define SHOP_ORDER_EVENT_H

#include <stdbool.h>

#include "core/err.h"
#include "shop/order_facts.h"

struct order_event {
    const char *event;  /* "cancel", "ship", … */
    const char *reason; /* for the trail; may be NULL */
    const char *cancel_reason; /* "customer" | "staff" | "expired", with cancel and expire */
    const char *carrier, *tracking_number;
    const char *refund_to; /* NULL: nobody directed it */
    bool wallet_consent;
};

enum err order_event(struct op *op, struct order_facts *o, const struct order_event *e) MUST_CHECK;
/* Could this actor do it now? For the `actions` of views and for tests; guards that need the
 * database are taken as met. */
bool order_event_allowed(const struct order_facts *o, const char *event, enum actor_kind actor);
/* Events that fire by themselves after parcels or lines changed: `ship` when nothing is reserved any
 * more, `deliver` when every parcel has ended and one arrived. The facts must tell what was queued. */
enum err order_follow(struct op *op, struct order_facts *o) MUST_CHECK;
/* Locks the order and applies the event: what staff and customers call. */
enum err order_transition(struct op *op, int64_t order_id, const struct order_event *e) MUST_CHECK;
/* The sale is booked: used by placement when nothing is due, and by capture. */
void order_post_capture(struct op *op, const struct order_facts *o, const char *method, int64_t wallet_paid,
                        int64_t other_paid, int64_t payment_id);

#endif
