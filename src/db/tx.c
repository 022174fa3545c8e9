/* Transactions: begin lazily, run, commit in one place, run again when the database asks for it. */
#include "db/tx.h"

#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/test_hooks.h"
#include "db/private.h"

#define TX_ATTEMPTS 6
#define TX_OPENING 2 /* statements that begin queues: BEGIN and the context */

static const char *const actor_kinds[] = {
    [ACTOR_NOBODY] = "nobody", [ACTOR_CUSTOMER] = "customer", [ACTOR_STAFF] = "staff", [ACTOR_SYSTEM] = "system",
};

static void begin(struct op *op)
{
    struct db *db = op->db;
    db->tx = TX_QUEUED;
    db->has_claim = false;
    db_queue(op, Q_TX_BEGIN);
    db->context = db_queue(op, Q_TX_CONTEXT, P_TEXT(actor_kinds[op->actor.kind]),
        P_TEXT(op->actor.id ? arena_printf(op->arena, "%lld", (long long)op->actor.id) : ""),
        P_TEXT(op->actor.name ? op->actor.name : ""), P_TEXT(op->request_id ? op->request_id : ""));
}

static void rollback(struct op *op)
{
    struct db *db = op->db;
    db->queued = 0;
    if (db->tx != TX_QUEUED && db->conn && PQstatus(db->conn) == CONNECTION_OK) {
        struct errinfo kept = *op->err;
        bool was_lost = db->lost, was_retryable = db->retryable;
        db->tx = TX_NONE;
        if (db_exec(op, Q_TX_ROLLBACK) != ERR_OK)
            conn_drop(db);
        *op->err = kept;
        db->lost = was_lost;
        db->retryable = was_retryable;
    }
    db->tx = TX_NONE;
}

/* The connection broke with COMMIT under way: did it happen? Asks until the transaction is over. */
static enum err commit_outcome(struct op *op, const char *xid)
{
    metrics_add(METRIC_DB_COMMIT_UNKNOWN, 0, 1);
    for (int i = 0; i < 50; i++) {
        struct rows r;
        if (xid && db_query(op, &r, Q_TX_STATUS, P_TEXT(xid)) == ERR_OK) {
            const char *status = row_text(&r, 0, "status");
            if (strcmp(status, "committed") == 0)
                return ERR_OK;
            if (strcmp(status, "aborted") == 0)
                return ERR_CONFLICT;
        }
        clock_sleep_ms(100);
    }
    return ERR_DB_UNAVAILABLE;
}

static enum err commit(struct op *op, const char *name, bool *again)
{
    struct db *db = op->db;
    if (db->tx == TX_QUEUED && db->queued == TX_OPENING) { /* nothing was asked or written */
        db->queued = 0;
        db->tx = TX_NONE;
        return ERR_OK;
    }
    struct queued *end = db_queue(op, Q_TX_COMMIT);
    test_point_of("before_commit", name);
    enum err e = trip_run(op);
    if (!e) {
        db->tx = TX_NONE;
        test_point_of("after_commit", name);
        if (strcmp(PQcmdStatus((PGresult *)(uintptr_t)end->rows.result), "COMMIT") == 0)
            return ERR_OK;
        return err_internal(op, ERR_INTERNAL, "COMMIT ended as ROLLBACK");
    }
    if (!db->lost)
        return e; /* a refused statement: the caller rolls back */
    const char *xid = db->context->rows.count == 1 ? row_text(&db->context->rows, 0, "xid") : NULL;
    db->tx = TX_NONE;
    if (db->has_claim || !xid) { /* the claim finds out; without an xid nothing was sent before */
        *again = true;
        return e;
    }
    err_clear(op);
    e = commit_outcome(op, xid);
    *again = e == ERR_CONFLICT;
    return e == ERR_DB_UNAVAILABLE ? err_internal(op, e, "outcome of transaction %s unknown", xid) : e;
}

static void pause_before_retry(int attempt)
{
    clock_sleep_ms(5 * attempt + (int)crypto_random_below(10 * (uint32_t)attempt + 5));
}

enum err db_tx_named(struct op *op, tx_fn *fn, void *arg, const char *name)
{
    struct db *db = op->db;
    if (db->tx != TX_NONE)
        return fn(op, arg);
    enum err e = ERR_OK;
    for (int attempt = 1; attempt <= TX_ATTEMPTS; attempt++) {
        bool again = false;
        err_clear(op);
        db->lost = db->retryable = false;
        begin(op);
        e = fn(op, arg);
        if (!e && db->tx == TX_FAILED)
            e = err_internal(op, ERR_INTERNAL, "an error of the database was passed over");
        if (!e)
            e = commit(op, name, &again);
        if (!e)
            return ERR_OK;
        again = again || db->lost || db->retryable;
        if (db->tx != TX_NONE)
            rollback(op);
        if (!again)
            return e;
        metrics_add(METRIC_DB_RETRIES, 0, 1);
        pause_before_retry(attempt);
    }
    return e;
}

bool db_in_tx(const struct op *op)
{
    return op->db->tx != TX_NONE;
}

enum err db_look_params(struct op *op, struct rows *rows, enum query q, const struct param *params,
                        size_t n)
{
    struct db *db = op->db;
    if (db->tx != TX_QUEUED)
        return db_query_params(op, rows, q, params, n);
    size_t kept = db->queued;
    struct pending *saved = arena_array(op->arena, struct pending, kept);
    memcpy(saved, db->queue, kept * sizeof(*saved));
    db->queued = 0;
    db->tx = TX_NONE;
    enum err e = db_query_params(op, rows, q, params, n);
    memcpy(db->queue, saved, kept * sizeof(*saved));
    db->queued = kept;
    db->tx = TX_QUEUED;
    return e;
}
