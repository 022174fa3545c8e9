/* Inside of src/db: the connection and its queue. */
#ifndef DB_PRIVATE_H
#define DB_PRIVATE_H

#include <libpq-fe.h>

#include "db/db.h"
#include "db/tx.h"

#define DB_QUEUE_MAX 128

enum tx_state {
    TX_NONE,
    TX_QUEUED, /* BEGIN waits in the queue; nothing has been sent */
    TX_OPEN,
    TX_FAILED, /* the server refused a statement: only ROLLBACK is left */
};

struct pending {
    struct queued *out;
    const char *const *values;
    const int *lengths;
    const int *formats;
    enum err busy_as; /* what a lock time-out of this statement means */
    bool prepare;     /* a PREPARE travels in front of it */
};

struct db {
    struct arena *process;
    const char *dsn;
    enum db_role role;
    PGconn *conn;
    bool prepared[QUERY_COUNT];
    struct pending queue[DB_QUEUE_MAX];
    size_t queued;
    enum tx_state tx;
    bool lost;          /* the connection broke during the last trip */
    bool retryable;     /* the last error was a serialization failure or deadlock */
    bool has_claim;     /* the running transaction claims an idempotency key */
    struct queued *context; /* answer of q_tx_context */
};

enum err conn_ensure(struct op *op) MUST_CHECK;
void conn_drop(struct db *db);
/* Sends the queue and reads every answer; empties the queue in any case. */
enum err trip_run(struct op *op) MUST_CHECK;

#endif
