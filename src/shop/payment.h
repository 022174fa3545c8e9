/* Payments: starting an attempt at the bank, and settling it. Whatever brings news of a payment (the
 * buyer's browser, the bank's webhook, the reconciler, staff) ends in payment_settle, which asks the
 * bank outside any transaction and decides under the locks; any number of times, from anywhere, at
 * once, it settles once. Pay and job processes. */
#ifndef SHOP_PAYMENT_H
#define SHOP_PAYMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define PAYMENT_LEASE_SECONDS 15

struct payment_started {
    int64_t id;
    const char *uuid, *redirect_url;
};

/* TWO_PHASE: stores the intent, asks the gateway, stores the track id. An open attempt younger than
 * 15 minutes is reused; while somebody else is asking: ERR_PAYMENT_IN_PROGRESS; the order was canceled
 * or paid meanwhile: ERR_NOTHING_TO_PAY. Runs its own transactions. */
enum err payment_start(struct op *op, const char *order_number, int64_t customer, const char *gateway,
                       const char *return_url, struct payment_started *out) MUST_CHECK;

/* The same for store credit: no order, the owner's limits. */
struct topup_in {
    int64_t customer, amount;
    const char *gateway, *return_url; /* gateway NULL: the first that is configured */
};
enum err payment_topup(struct op *op, const struct topup_in *in, struct payment_started *out) MUST_CHECK;

enum settle_outcome { SETTLE_CAPTURED, SETTLE_SUSPENSE, SETTLE_FAILED, SETTLE_PENDING, SETTLE_UNKNOWN, SETTLE_NOTHING, SETTLE_COUNT };
enum err payment_settle(struct op *op, int64_t payment_id, enum settle_outcome *outcome) MUST_CHECK;
struct gateway_report;
struct order_facts;
/* Money that people found instead of a gateway (a transfer): decided as payment_settle does. Inside a
 * transaction, after order_lock. */
enum err payment_received(struct op *op, struct order_facts *o, int64_t payment_id, const struct gateway_report *found,
                          enum settle_outcome *outcome) MUST_CHECK;
const char *settle_outcome_name(unsigned outcome);

/* By the unguessable token of the callback URL; 0: none. */
enum err payment_by_callback(struct op *op, const char *token, int64_t *id, const char **result_token) MUST_CHECK;
/* Ends attempts whose request to the bank was never answered: nobody was sent there. */
enum err payment_abandon(struct op *op) MUST_CHECK;
/* Job "payment_reconcile": asks the bank about every attempt that is open, oldest question first. One
 * that cannot be settled now holds up no other, here and below. */
enum err payment_reconcile(struct op *op) MUST_CHECK;
/* Job "order_expire": asks the bank once where it should, then expires what is due. */
enum err payment_expire_orders(struct op *op) MUST_CHECK;

#endif
