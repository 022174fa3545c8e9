/* A refund's row from its beginning to the moment it takes effect (booked, store credit given, bank or
 * buyer told), and on its way home. Private to the refunds; inside a transaction, after order_lock or
 * refund_lock. Any process. */
#ifndef SHOP_REFUND_ROW_H
#define SHOP_REFUND_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "shop/gateway.h"
#include "shop/order_facts.h"

struct refund_row {
    int64_t id, version, order, payment, customer, amount;
    int64_t net, tax, shipping, allowance; /* what it gives back, by account; their sum is `amount` */
    const char *target;
    const char *reference; /* manual: the transfer is made already; NULL: to come */
};

/* How a target begins: state, and the event that leads there. */
struct refund_target {
    const char *name, *status, *event;
};
const struct refund_target *refund_target(const char *name); /* NULL: no such target */

/* The row stands in its target's first state: now it counts. */
void refund_take_effect(struct op *op, const struct refund_row *r);
/* What follows from a refund that has just begun. */
void refund_follow_up(struct op *op, int64_t refund_id, const char *target);

/* ERR_REFUND_WAITING while a refund of the order waits for a second person. */
enum err refund_none_waiting(struct op *op, const struct order_facts *o) MUST_CHECK;
/* Money that goes back by itself overtakes what waits: it is withdrawn, and `o` knows. What is owed in any
 * case may be withdrawn only by whoever gives back all the rest. */
enum refund_withdrawal { REFUND_WITHDRAW_ASKED, REFUND_WITHDRAW_ALL };
enum err refund_withdraw(struct op *op, struct order_facts *o, enum refund_withdrawal what) MUST_CHECK;
/* May the actor give back so much more of the order alone? */
enum err refund_needs_second(struct op *op, const struct order_facts *o, int64_t amount, bool *needs) MUST_CHECK;

/* A refund on its way through its gateway or by transfer. */
struct refund_way {
    int64_t id, customer, order; /* order 0: money that belongs to none. Needed by refund_lock, which reads the rest */
    int64_t version, payment, amount;
    const char *status, *last_event, *currency, *gateway, *ref, *bank_id, *card, *others;
    bool busy;    /* another of the payment is at the bank now */
    bool fresh;   /* sent so lately that the bank may not have acted yet */
    bool settled; /* the bank has paid it out */
    bool asked;   /* the bank is still asked about it */
};

/* Owner, then order, then the refund's own row. */
enum err refund_lock(struct op *op, struct refund_way *w) MUST_CHECK;
bool refund_accepted(const struct refund_way *w); /* by the bank, which has not paid it out yet */
struct gateway_refund refund_for_bank(struct op *op, const struct refund_way *w);

/* The books follow the money: payable goes down by what left, and up by what came back. */
enum refund_leg { REFUND_LEG_GATEWAY, REFUND_LEG_TRANSFER, REFUND_LEG_BOUNCE };
void refund_post(struct op *op, const struct refund_way *w, enum refund_leg leg);
/* The buyer hears of it. `message`: "refund_done" | "refund_bounced". */
void refund_tell(struct op *op, const struct refund_way *w, const char *message);

#endif
