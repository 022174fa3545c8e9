/* The courier carries what the sandbox sends to the shop: webhooks, lazy callbacks and callbacks it
 * makes in the payer's place. Some threads with one list of waiting deliveries, so that no page and
 * no other delivery waits for a slow shop. */
#ifndef SANDBOX_COURIER_H
#define SANDBOX_COURIER_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/faults.h"

struct delivery {
    struct delivery *next;
    enum call call;     /* CALL_WEBHOOK, CALL_CALLBACK, or CALL_BANK: the payer pays now */
    int64_t due;        /* microseconds */
    int64_t track;
    char *url;          /* owned */
    char *body;         /* owned; JSON to POST, or NULL for a GET */
    bool sign;          /* X-Tarazu-Timestamp and X-Tarazu-Signature */
    bool held;          /* leaves when any other delivery has been made, at the latest when due */
    int attempts_left;  /* after this one */
    int attempt;        /* from 1 */
    struct outcome outcome;
};

bool courier_start(void);
void courier_stop(void); /* after state_stop(); waiting deliveries are lost */

/* Lock held. Takes the delivery. */
void courier_send(struct delivery *d);
size_t courier_open(void); /* lock held; waiting or on their way */

#endif
