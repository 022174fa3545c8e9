/* A worker's connection to PostgreSQL and the statements of sql/queries. Only this folder includes
 * libpq. Statements are named in the SQL files, prepared lazily once per connection and always
 * parameterised; results are read by column name. Blocking, in pipeline mode: statements are queued
 * and travel together with the next one whose answer is needed. Any process but the master.
 *
 *   queue   db_queue(op, Q_…, P_INT(id));        goes with the next trip; rows are read after it
 *   ask     db_query(op, &rows, Q_…, P_TEXT(x)); queues, makes the trip, gives the rows
 *
 * Inside db_tx everything is part of the transaction; outside each trip is its own. */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/op.h"
#include "core/str.h"
#include "db/queries.h"

struct db;

/* Roles of the database, one per kind of process (least privilege, own time-outs). */
enum db_role { DB_WEB, DB_ORDER, DB_PAY, DB_JOB, DB_OWNER, DB_READONLY };

/* Opens lazily: the connection is made by the first statement and remade after a loss. */
struct db *db_open(struct arena *process, const char *dsn, enum db_role role);
bool db_ping(struct op *op); /* for readiness */

enum param_kind { PARAM_NULL, PARAM_TEXT, PARAM_INT, PARAM_BOOL, PARAM_INTS, PARAM_TEXTS, PARAM_BYTES };

struct param {
    enum param_kind kind;
    const char *text;      /* TEXT: NULL gives SQL null */
    int64_t number;        /* INT, BOOL */
    const void *array;     /* INTS: int64_t[n]; TEXTS: const char *[n]; BYTES: n bytes */
    size_t n;
};
#define P_NULL ((struct param){ PARAM_NULL, NULL, 0, NULL, 0 })
#define P_TEXT(s) ((struct param){ PARAM_TEXT, s, 0, NULL, 0 })
#define P_INT(i) ((struct param){ PARAM_INT, NULL, i, NULL, 0 })
#define P_BOOL(b) ((struct param){ PARAM_BOOL, NULL, (b) ? 1 : 0, NULL, 0 })
#define P_INTS(p, n) ((struct param){ PARAM_INTS, NULL, 0, p, n })
#define P_TEXTS(p, n) ((struct param){ PARAM_TEXTS, NULL, 0, p, n })
#define P_BYTES(p, n) ((struct param){ PARAM_BYTES, NULL, 0, p, n })
/* null when the value is the absent marker of schemas (INT64_MIN) */
#define P_OPT_INT(i) ((i) == INT64_MIN ? P_NULL : P_INT(i))

/* Rows of one statement. Owned by the arena of the op; valid until it is reset. */
struct rows {
    const struct pg_result *result; /* opaque */
    int count;
};

/* A statement waiting for the next trip; `rows` is filled by it. */
struct queued {
    enum query query;
    struct rows rows;
};

struct queued *db_queue_params(struct op *op, enum query q, const struct param *params, size_t n);
enum err db_flush(struct op *op) MUST_CHECK; /* makes the trip for everything queued */
enum err db_query_params(struct op *op, struct rows *rows, enum query q, const struct param *params,
                         size_t n) MUST_CHECK;

#define DB_PARAMS_(...) (const struct param[]){ __VA_ARGS__ __VA_OPT__(, ) { 0 } }, \
                        sizeof((const struct param[]){ __VA_ARGS__ __VA_OPT__(, ) { 0 } }) / sizeof(struct param) - 1
#define db_queue(op, q, ...) db_queue_params(op, q, DB_PARAMS_(__VA_ARGS__))
#define db_query(op, rows, q, ...) db_query_params(op, rows, q, DB_PARAMS_(__VA_ARGS__))
/* For statements without rows; also right for :one statements whose row is not wanted. */
#define db_exec(op, q, ...) db_query_params(op, NULL, q, DB_PARAMS_(__VA_ARGS__))

/* Values by column name; naming a column that is not there is a bug (abort). */
const char *row_text(const struct rows *r, int row, const char *column); /* NULL for SQL null */
int64_t row_int(const struct rows *r, int row, const char *column);      /* null gives INT64_MIN */
int64_t row_int_or(const struct rows *r, int row, const char *column, int64_t if_null);
bool row_bool(const struct rows *r, int row, const char *column);        /* null gives false */
bool row_null(const struct rows *r, int row, const char *column);
struct str row_bytes(struct op *op, const struct rows *r, int row, const char *column); /* bytea */
/* Array columns come as JSON (to_jsonb in the statement) and are read through core/view. */

/* Fills a struct by a table of columns: { "title", offsetof, ROW_TEXT }. */
enum row_kind { ROW_TEXT, ROW_INT, ROW_BOOL };
struct column {
    const char *name;
    size_t offset;
    enum row_kind kind; /* const char *, int64_t (null: INT64_MIN), bool */
};
#define COLUMN(kind_, struct_, member) { #member, offsetof(struct struct_, member), kind_ }
void row_read(const struct rows *r, int row, const struct column *columns, size_t n, void *out);

#endif
