/* Transactions. db_tx runs fn between BEGIN and COMMIT; fn may run again after a serialization
 * failure or deadlock (bounded, with jitter), so it touches only the database and the arena. BEGIN
 * and whatever is queued travel with fn's first question, COMMIT with its last queued writes. An
 * error from fn rolls back. A commit whose answer was lost is looked up: with a claim fn runs again
 * (its claim finds what happened), without one pg_xact_status tells. Any process but the master. */
#ifndef DB_TX_H
#define DB_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "db/db.h"

typedef enum err tx_fn(struct op *op, void *arg);

/* `name` is that of fn: the stop points before_commit and after_commit of the test build are also
 * known as before_commit.NAME and after_commit.NAME. */
enum err db_tx_named(struct op *op, tx_fn *fn, void *arg, const char *name) MUST_CHECK;
#define db_tx(op, fn, arg) db_tx_named(op, fn, arg, #fn)
bool db_in_tx(const struct op *op);
/* A lock-free look: inside db_tx, as long as nothing has been sent, it runs before and outside of the
 * transaction; otherwise it is an ordinary question. */
enum err db_look_params(struct op *op, struct rows *rows, enum query q, const struct param *params,
                        size_t n) MUST_CHECK;
#define db_look(op, rows, q, ...) db_look_params(op, rows, q, DB_PARAMS_(__VA_ARGS__))

#endif
