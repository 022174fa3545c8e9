/* The outbox: work for the job processes, written with the decision that causes it. */
#include "db/outbox.h"

#include "core/view.h"
#include "db/db.h"

void outbox_add(struct op *op, const char *kind, const char *dedupe, const struct view *payload,
                int64_t delay_seconds)
{
    db_queue(op, Q_OUTBOX_ADD, P_TEXT(kind), P_TEXT(dedupe),
             P_TEXT(payload ? view_serialize(op->arena, payload) : "{}"), P_INT(delay_seconds),
             P_TEXT(op->request_id));
}
