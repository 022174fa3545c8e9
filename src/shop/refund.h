/* Refunds: recorded first, in the transaction that promises them; money moves later. The payment that
 * is not the wallet is used first, then the wallet. Undirected: the wallet's part goes back to the
 * wallet, the rest to the gateway if it can refund, else to a manual transfer with the IBAN to come.
 * Inside a transaction, after order_lock. Any process. */
#ifndef SHOP_REFUND_H
#define SHOP_REFUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "shop/order_facts.h"

struct refund_line {
    int64_t item_id, quantity;
};

struct refund_in {
    int64_t amount;                 /* without lines: an allowance; 0: none */
    const struct refund_line *lines;
    size_t line_count;
    const char *target;             /* "gateway" | "wallet" | "manual"; NULL: undirected */
    bool consent;                   /* the customer agreed to store credit */
    const char *iban, *reason;
    const char *reference;          /* manual, by staff: the transfer is made already; NULL: to come */
    bool asked;                     /* units: a person asks for it, so that the limit for one person applies */
    int64_t return_id;              /* units: that it pays; 0: none */
    bool *waits;                    /* units: told whether it waits for a second person; NULL: nobody asks */
    bool shipping;                  /* also what is left of the shipping; units: once every unit of the order is given back */
};

/* Everything captured and not yet promised back: all lines, the shipping and the rest. It goes home by
 * itself; sent by staff to an account ("manual") it waits for a second person above what one may give
 * back alone, and by the way it came when that person refuses. */
enum err refund_whole_order(struct op *op, struct order_facts *o, const struct refund_in *in) MUST_CHECK;
/* By lines or by amount; over the remainder is ERR_REFUND_EXCEEDS. *refund_id: the first one made. Above
 * what one person may give back of an order alone, it waits for a second one; meanwhile its sum is set
 * aside and no other refund is taken (ERR_REFUND_WAITING). What goes back by itself is never held up:
 * it withdraws what waits. */
enum err refund_order(struct op *op, struct order_facts *o, const struct refund_in *in, int64_t *refund_id) MUST_CHECK;
/* Units that were canceled or came back give back their share by themselves: what earlier refunds of
 * these units gave is not given twice, never more than is left. Sent by staff to an account: as above.
 * *refund_id 0: nothing is owed. */
enum err refund_units(struct op *op, struct order_facts *o, const struct refund_in *in, int64_t *refund_id) MUST_CHECK;
/* The second person's word on a waiting refund, and on the others of the same request. Who asked may
 * refuse, not approve. `why` is for staff. */
enum err refund_decide(struct op *op, const char *uuid, bool yes, const char *why, int64_t *refund_id) MUST_CHECK;
/* Money in suspense goes home: the whole sum in the bank's currency. */
enum err refund_suspense(struct op *op, int64_t payment_id, int64_t order_id, int64_t customer_id, int64_t rial,
                         const char *gateway /* NULL: by transfer, as it came */, const char *reason) MUST_CHECK;
/* Staff say that a manual refund was transferred. */
enum err refund_transferred(struct op *op, const char *uuid, const char *reference) MUST_CHECK;
/* The buyer says where an open transfer goes; once. */
enum err refund_give_iban(struct op *op, int64_t order_id, const char *uuid, const char *iban) MUST_CHECK;
/* Staff say what the bank told them of an accepted refund, when it has told the shop nothing for long:
 * paid out, or failed. ERR_ILLEGAL_TRANSITION while the shop still asks. */
enum err refund_speak(struct op *op, const char *uuid, bool paid_out, int64_t *refund_id) MUST_CHECK;
/* Job "refund_send": one refund through its gateway. */
enum err refund_send(struct op *op, int64_t refund_id) MUST_CHECK;
/* Job "refund_follow": asks the bank about accepted refunds that are due. One that failed is owed again
 * and waits for a transfer; one without a word for two weeks waits for refund_speak. */
enum err refund_follow(struct op *op) MUST_CHECK;

#endif
