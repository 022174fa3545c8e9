/* The payer's deeds, from the payment page and from programs. Lock held. */
#ifndef SANDBOX_PAYER_H
#define SANDBOX_PAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/bank.h"
#include "sandbox/journal.h"

/* Money moves and the shop hears of it; false when it had moved before. */
bool payer_pay(struct payment *p, const char *card, bool webhook, struct entry *e);
bool payer_refuse(struct payment *p, enum pay_status status, bool webhook, struct entry *e);
/* The payer will pay in ms; false when paid already. */
bool payer_wait(struct payment *p, int64_t ms, struct entry *e);
/* The waiting is over. Returns the journal's line, or NULL when the session was paid meanwhile. */
char *payer_pay_late(struct payment *p);

#endif
