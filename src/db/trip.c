/* One trip to the server: every queued statement goes out in one pipeline, every answer is read, and
 * the first error of the server becomes an error of the catalogue. */
#include "db/private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "core/arena.h"
#include "core/assert.h"
#include "core/test_hooks.h"

static const char *array_text(struct arena *a, const struct param *p)
{
    struct buf b;
    buf_init(&b, a, 16 + p->n * 12);
    buf_char(&b, '{');
    for (size_t i = 0; i < p->n; i++) {
        if (i)
            buf_char(&b, ',');
        if (p->kind == PARAM_INTS) {
            buf_printf(&b, "%lld", (long long)((const int64_t *)p->array)[i]);
            continue;
        }
        const char *s = ((const char *const *)p->array)[i];
        if (!s) {
            buf_str(&b, "NULL");
            continue;
        }
        buf_char(&b, '"');
        for (; *s; s++) {
            if (*s == '"' || *s == '\\')
                buf_char(&b, '\\');
            buf_char(&b, *s);
        }
        buf_char(&b, '"');
    }
    buf_char(&b, '}');
    return buf_text(&b);
}

static const char *param_text(struct arena *a, const struct param *p)
{
    switch (p->kind) {
    case PARAM_NULL: return NULL;
    case PARAM_TEXT: return p->text;
    case PARAM_INT: return arena_printf(a, "%lld", (long long)p->number);
    case PARAM_BOOL: return p->number ? "t" : "f";
    case PARAM_INTS:
    case PARAM_TEXTS: return array_text(a, p);
    case PARAM_BYTES: return p->array;
    }
    return NULL;
}

struct queued *db_queue_params(struct op *op, enum query q, const struct param *params, size_t n)
{
    struct db *db = op->db;
    if (db->queued == DB_QUEUE_MAX || n != (size_t)query_texts[q].params)
        assertion_failed(__FILE__, __LINE__, query_texts[q].name);
    const char **values = arena_array(op->arena, const char *, n + 1);
    int *lengths = arena_array(op->arena, int, n + 1);
    int *formats = arena_array(op->arena, int, n + 1);
    for (size_t i = 0; i < n; i++) {
        values[i] = param_text(op->arena, &params[i]);
        if (params[i].kind == PARAM_BYTES) {
            lengths[i] = (int)params[i].n;
            formats[i] = 1;
        }
    }
    struct queued *out = arena_new(op->arena, struct queued);
    out->query = q;
    db->queue[db->queued++] = (struct pending){ .out = out, .values = values, .lengths = lengths,
                                                .formats = formats, .busy_as = ERR_BUSY };
    return out;
}

static bool send_all(struct db *db)
{
    for (size_t i = 0; i < db->queued; i++) {
        struct pending *p = &db->queue[i];
        enum query q = p->out->query;
        const struct query_text *t = &query_texts[q];
        p->prepare = !db->prepared[q];
        for (size_t k = 0; k < i && p->prepare; k++)
            p->prepare = db->queue[k].out->query != q;
        if (p->prepare && !PQsendPrepare(db->conn, t->name, t->text, t->params, t->types))
            return false;
        if (!PQsendQueryPrepared(db->conn, t->name, t->params, p->values, p->lengths, p->formats, 0))
            return false;
    }
    return PQpipelineSync(db->conn) == 1;
}

static bool is_state(const char *state, const char *wanted)
{
    return state && strcmp(state, wanted) == 0;
}

/* The error of the catalogue for what the server said. */
static enum err translate(struct op *op, const struct pending *p, const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
    const char *message = arena_printf(op->arena, "%s: %s", query_texts[p->out->query].name,
                                       PQresultErrorMessage(r));
    enum err e = ERR_OK;
    if (is_state(state, "40001") || is_state(state, "40P01")) {
        op->db->retryable = true;
        return err_internal(op, ERR_CONFLICT, "%s", message);
    }
    if (is_state(state, "55P03"))
        e = p->busy_as;
    if (!e && constraint)
        e = err_by_constraint(constraint);
    if (!e && state)
        e = err_by_constraint(state);
    if (!e)
        return err_internal(op, ERR_INTERNAL, "%s %s", state ? state : "", message);
    err_internal(op, e, "%s", message);
    if (e == ERR_BUSY || e == ERR_TIMEOUT || e == ERR_IDEMPOTENCY_IN_PROGRESS)
        err_retry_after(op, 1);
    return e;
}

static void keep_result(struct op *op, struct pending *p, PGresult *r)
{
    p->out->rows.result = (const struct pg_result *)r;
    p->out->rows.count = PQntuples(r);
    if (p->out->query == Q_TX_BEGIN)
        op->db->tx = TX_OPEN;
}

/* Reads the answer of one send (a PREPARE or a statement). NULL: the connection is gone. */
static PGresult *next_result(struct op *op)
{
    PGresult *r = PQgetResult(op->db->conn);
    if (!r)
        return NULL;
    arena_defer(op->arena, (void (*)(void *))PQclear, r);
    PGresult *end = PQgetResult(op->db->conn); /* the NULL that ends each statement */
    if (end)
        arena_defer(op->arena, (void (*)(void *))PQclear, end);
    return r;
}

static enum err lost(struct op *op, const char *when)
{
    const char *message = arena_strdup(op->arena, PQerrorMessage(op->db->conn));
    conn_drop(op->db);
    err_retry_after(op, 1);
    return err_internal(op, ERR_DB_UNAVAILABLE, "connection lost %s: %s", when, message);
}

static enum err check_count(struct op *op, const struct pending *p)
{
    const struct query_text *t = &query_texts[p->out->query];
    int n = p->out->rows.count;
    if ((t->kind == QUERY_ONE && n != 1) || (t->kind == QUERY_OPT && n > 1))
        return err_internal(op, ERR_INTERNAL, "%s gave %d rows", t->name, n);
    return ERR_OK;
}

static enum err read_all(struct op *op)
{
    struct db *db = op->db;
    enum err first = ERR_OK;
    for (size_t i = 0; i < db->queued; i++) {
        struct pending *p = &db->queue[i];
        for (int part = p->prepare ? 0 : 1; part < 2; part++) {
            PGresult *r = next_result(op);
            if (!r)
                return lost(op, "while answering");
            ExecStatusType status = PQresultStatus(r);
            if (status == PGRES_PIPELINE_ABORTED)
                continue;
            if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
                if (PQstatus(db->conn) != CONNECTION_OK)
                    return lost(op, "while answering");
                if (!first)
                    first = translate(op, p, r);
                continue;
            }
            if (part == 0)
                db->prepared[p->out->query] = true;
            else {
                keep_result(op, p, r);
                enum err e = check_count(op, p);
                if (!first)
                    first = e;
            }
        }
    }
    PGresult *sync = PQgetResult(db->conn);
    bool synced = sync && PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
    PQclear(sync);
    return synced ? first : lost(op, "at the end of a trip");
}

enum err trip_run(struct op *op)
{
    struct db *db = op->db;
    db->lost = db->retryable = false;
    if (!db->queued)
        return ERR_OK;
    enum err e = conn_ensure(op);
    if (!e && !send_all(db))
        e = lost(op, "while asking");
    if (!e)
        e = read_all(op);
    db->queued = 0;
    if (e && db->tx != TX_NONE)
        db->tx = TX_FAILED;
    return e;
}

enum err db_flush(struct op *op)
{
    return trip_run(op);
}

enum err db_query_params(struct op *op, struct rows *rows, enum query q, const struct param *params,
                         size_t n)
{
    struct queued *out = db_queue_params(op, q, params, n);
    TRY(trip_run(op));
    if (rows)
        *rows = out->rows;
    return ERR_OK;
}
