/* Migrations: sql/migrations/NNNN_name.sql, forward only, each in its own transaction under a named
 * advisory lock, recorded with its SHA-256. A changed or missing file stops everything. Command
 * `tarazu migrate`; `serve` only checks. */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include <stdbool.h>

#include "core/err.h"

enum err migrate_run(struct op *op, const char *folder) MUST_CHECK;
/* False with *why when the schema is behind, ahead or different. */
bool migrate_check(struct op *op, const char *folder, const char **why);

#endif
