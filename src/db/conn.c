/* The connection of a worker: opened by the first statement, opened again after a loss. */
#include "db/private.h"

#include <string.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/metrics.h"

static const char *const role_names[] = {
    [DB_WEB] = "tarazu_web", [DB_ORDER] = "tarazu_order", [DB_PAY] = "tarazu_pay",
    [DB_JOB] = "tarazu_job", [DB_OWNER] = "tarazu_owner", [DB_READONLY] = "tarazu_readonly",
};

struct db *db_open(struct arena *process, const char *dsn, enum db_role role)
{
    struct db *db = arena_new(process, struct db);
    db->process = process;
    db->dsn = arena_strdup(process, dsn);
    db->role = role;
    return db;
}

void conn_drop(struct db *db)
{
    if (db->conn)
        PQfinish(db->conn);
    db->conn = NULL;
    db->lost = true;
    memset(db->prepared, 0, sizeof(db->prepared));
}

static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

enum err conn_ensure(struct op *op)
{
    struct db *db = op->db;
    if (db->conn && PQstatus(db->conn) == CONNECTION_OK)
        return ERR_OK;
    if (db->conn) {
        conn_drop(db);
        metrics_add(METRIC_DB_RECONNECTS, 0, 1);
    }
    const char *keys[] = { "connect_timeout", "tcp_user_timeout", "dbname", "user", "fallback_application_name", NULL };
    const char *values[] = { "3", "10000", db->dsn, role_names[db->role], role_names[db->role], NULL };
    db->conn = PQconnectdbParams(keys, values, 1);
    if (PQstatus(db->conn) != CONNECTION_OK) {
        const char *message = arena_strdup(op->arena, PQerrorMessage(db->conn));
        conn_drop(db);
        err_retry_after(op, 1);
        return err_internal(op, ERR_DB_UNAVAILABLE, "connecting: %s", message);
    }
    PQsetNoticeReceiver(db->conn, ignore_notice, NULL);
    PQsetErrorVerbosity(db->conn, PQERRORS_DEFAULT);
    if (PQenterPipelineMode(db->conn) != 1)
        return err_internal(op, ERR_INTERNAL, "pipeline mode: %s", PQerrorMessage(db->conn));
    return ERR_OK;
}

bool db_ping(struct op *op)
{
    return db_exec(op, Q_PING) == ERR_OK;
}
