/* The outbox: effects outside the database (mail, SMS, bank) are rows written in the transaction that
 * decides them and carried out by job workers, at least once. Kinds are rows of jobs/jobs.def; here
 * a kind is its name. Any process but the master. */
#ifndef DB_OUTBOX_H
#define DB_OUTBOX_H

#include <stdint.h>

#include "core/op.h"

struct view;

/* Queues the insertion. `dedupe` (may be NULL) is unique among jobs of the kind not yet started: a
 * second one is swallowed. `delay_seconds` from the database's now. */
void outbox_add(struct op *op, const char *kind, const char *dedupe, const struct view *payload,
                int64_t delay_seconds);

#endif
