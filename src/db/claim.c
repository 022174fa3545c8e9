/* Idempotency claims. */
#include "db/claim.h"

#include <string.h>

#include "core/arena.h"
#include "db/private.h"

enum err claim_look(struct op *op, const struct claim *c, bool *found, struct stored_answer *out)
{
    struct rows r;
    TRY(db_look(op, &r, Q_CLAIM_LOOK, P_TEXT(c->scope), P_TEXT(c->route), P_TEXT(c->key)));
    *found = r.count == 1;
    if (!*found)
        return ERR_OK;
    if (strcmp(row_text(&r, 0, "fingerprint"), c->fingerprint) != 0)
        return err_set(op, ERR_IDEMPOTENCY_MISMATCH, NULL);
    out->status = (int)row_int(&r, 0, "status");
    out->location = row_text(&r, 0, "location");
    out->body = row_text(&r, 0, "body");
    return ERR_OK;
}

void claim_queue(struct op *op, struct claim *c)
{
    struct db *db = op->db;
    db_queue(op, Q_CLAIM_PATIENCE);
    c->inserted = db_queue(op, Q_CLAIM_INSERT, P_TEXT(c->scope), P_TEXT(c->route), P_TEXT(c->key),
                           P_TEXT(c->fingerprint));
    db->queue[db->queued - 1].busy_as = ERR_IDEMPOTENCY_IN_PROGRESS;
    db_queue(op, Q_CLAIM_PATIENCE_OVER);
    db->has_claim = true;
}

enum err claim_store(struct op *op, const struct claim *c, const struct stored_answer *answer)
{
    if (!c->inserted->rows.result) /* the work asked nothing: the claim has not been sent yet */
        TRY(db_flush(op));
    db_queue(op, Q_CLAIM_STORE, P_INT(row_int(&c->inserted->rows, 0, "id")), P_INT(answer->status),
             P_TEXT(answer->location), P_TEXT(answer->body));
    return ERR_OK;
}

enum err claim_store_resource(struct op *op, const struct claim *c, const struct stored_answer *answer,
                              const char *kind, int64_t id, struct queued **body)
{
    if (!c->inserted->rows.result)
        TRY(db_flush(op));
    *body = db_queue(op, Q_CLAIM_STORE_RESOURCE, P_INT(row_int(&c->inserted->rows, 0, "id")), P_INT(answer->status),
                     P_TEXT(answer->location), P_TEXT(kind), P_INT(id), P_TEXT(lang_code(op->lang)));
    return ERR_OK;
}
