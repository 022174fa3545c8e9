/* The state machines of order, payment, refund, parcel and return. The rows are in *_fsm.def; C decides by them and
 * the database refuses what is not among them (table `transitions`, written by `tarazu migrate`).
 * Names are those of the database and the API, in lower case. Any process. */
#ifndef SHOP_FSM_H
#define SHOP_FSM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

enum machine { MACHINE_ORDER, MACHINE_PAYMENT, MACHINE_REFUND, MACHINE_SHIPMENT, MACHINE_RETURN, MACHINE_COUNT };

struct transition {
    const char *from; /* "" before the row exists */
    const char *event;
    const char *to;
    unsigned actors; /* bits of 1 << enum actor_kind */
    const char *guard; /* "" none */
    const char *effect;
};

const char *fsm_name(enum machine m);
const struct transition *fsm_rows(enum machine m, size_t *n);
/* The row for an event in a state; NULL when there is none. */
const struct transition *fsm_find(enum machine m, const char *from, const char *event);
/* The row that leads from one state to another; NULL when there is none. */
const struct transition *fsm_find_to(enum machine m, const char *from, const char *to);
bool fsm_actor_may(const struct transition *t, enum actor_kind actor);

/* Writes the rows into the database (migrate) and compares them (serve). */
enum err fsm_sync(struct op *op) MUST_CHECK;
bool fsm_check(struct op *op, const char **why);
/* `tarazu fsm [--json|--mermaid]`. */
int fsm_main(int argc, char **argv);

#endif
