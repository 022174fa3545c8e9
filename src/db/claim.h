/* Idempotency claims: a unique INSERT in the transaction of the work, so that of equal requests one
 * does the work and the others find its stored answer. Scope: principal or cart, route, key. Only
 * successes are stored; a refusal rolls the claim back with everything else. Any process. */
#ifndef DB_CLAIM_H
#define DB_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct queued;

struct claim {
    const char *scope;       /* "customer:12", "cart:7", "staff:1" */
    const char *route;       /* name of the route */
    const char *key;         /* the client's, ≤ 255 characters */
    const char *fingerprint; /* SHA-256 of the decoded input, hex */
    struct queued *inserted; /* answer of the claiming INSERT */
};

struct stored_answer {
    int status;
    const char *location; /* may be NULL */
    const char *body;     /* JSON text */
};

/* Reads outside any transaction whether the success is stored already. A different fingerprint is
 * ERR_IDEMPOTENCY_MISMATCH. */
enum err claim_look(struct op *op, const struct claim *c, bool *found, struct stored_answer *out)
    MUST_CHECK;
/* Queues the claim as the first statements of the transaction (waits at most 2 s for an equal one
 * that is running: then ERR_IDEMPOTENCY_IN_PROGRESS; a duplicate ends as ERR_CLAIM_TAKEN inside
 * db_tx, after which claim_look finds the answer). */
void claim_queue(struct op *op, struct claim *c);
/* Queues the storing of the answer in the same transaction. */
enum err claim_store(struct op *op, const struct claim *c, const struct stored_answer *answer)
    MUST_CHECK;

/* The same for an answer that the database makes itself (resource_json): stored and given back with
 * the same last trip. The row's column is "body". */
enum err claim_store_resource(struct op *op, const struct claim *c, const struct stored_answer *answer,
                              const char *kind, int64_t id, struct queued **body) MUST_CHECK;

#endif
