/* Migrations: forward-only files, and functions that are replaced whenever their file changes. */
#include "db/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/crypto.h"
#include "core/log.h"
#include "db/private.h"

#define MIGRATE_MAX 500
#define MIGRATE_LOCK INT64_C(0x0654617261) /* key space 6 (named), spelled out for operators */

struct script {
    const char *name; /* "migrations/0001_base.sql" */
    const char *sha256;
    struct str text;
    bool repeatable;
};

struct scripts {
    struct script list[MIGRATE_MAX];
    size_t n;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct script *)a)->name, ((const struct script *)b)->name);
}

static bool read_file(struct op *op, const char *path, struct str *out)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    struct buf b;
    char chunk[8192];
    size_t got;
    buf_init(&b, op->arena, 65536);
    while ((got = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(&b, chunk, got);
    bool good = !ferror(f);
    fclose(f);
    *out = buf_slice(&b);
    return good;
}

static enum err add_folder(struct op *op, struct scripts *all, const char *base, const char *folder,
                           bool repeatable)
{
    const char *path = arena_printf(op->arena, "%s/%s", base, folder);
    DIR *dir = opendir(path);
    if (!dir)
        return err_internal(op, ERR_INTERNAL, "%s: %s", path, strerror(errno));
    size_t first = all->n;
    struct dirent *entry;
    enum err e = ERR_OK;
    while (!e && (entry = readdir(dir))) {
        if (!str_ends(str_of(entry->d_name), ".sql"))
            continue;
        struct script *s = &all->list[all->n++];
        s->name = arena_printf(op->arena, "%s/%s", folder, entry->d_name);
        s->repeatable = repeatable;
        if (all->n == MIGRATE_MAX || !read_file(op, arena_printf(op->arena, "%s/%s", base, s->name), &s->text))
            e = err_internal(op, ERR_INTERNAL, "cannot read %s/%s", base, s->name);
        else
            s->sha256 = crypto_sha256_hex(op->arena, s->text);
    }
    closedir(dir);
    qsort(all->list + first, all->n - first, sizeof(all->list[0]), by_name);
    return e;
}

static enum err load(struct op *op, const char *base, struct scripts **out)
{
    *out = arena_new(op->arena, struct scripts);
    TRY(add_folder(op, *out, base, "migrations", false));
    return add_folder(op, *out, base, "functions", true);
}

static const char *applied_hash(const struct rows *r, const char *name)
{
    for (int i = 0; i < r->count; i++)
        if (strcmp(row_text(r, i, "name"), name) == 0)
            return row_text(r, i, "sha256");
    return NULL;
}

static bool known(const struct scripts *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->list[i].name, name) == 0)
            return true;
    return false;
}

/* Runs a file of many statements; pipeline mode allows one statement at a time only. */
static enum err run_script(struct op *op, const struct script *s)
{
    struct db *db = op->db;
    if (PQexitPipelineMode(db->conn) != 1)
        return err_internal(op, ERR_INTERNAL, "leaving pipeline mode: %s", PQerrorMessage(db->conn));
    PGresult *r = PQexec(db->conn, str_dup(op->arena, s->text));
    ExecStatusType status = PQresultStatus(r);
    const char *message = arena_strdup(op->arena, PQresultErrorMessage(r));
    PQclear(r);
    if (PQenterPipelineMode(db->conn) != 1)
        return err_internal(op, ERR_INTERNAL, "pipeline mode: %s", PQerrorMessage(db->conn));
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        return err_internal(op, ERR_INTERNAL, "%s: %s", s->name, message);
    return ERR_OK;
}

static enum err apply(struct op *op, void *arg)
{
    const struct script *s = arg;
    TRY(db_flush(op));
    TRY(run_script(op, s));
    db_queue(op, Q_MIGRATE_RECORD, P_TEXT(s->name), P_TEXT(s->sha256));
    return ERR_OK;
}

static enum err run_all(struct op *op, struct scripts *all)
{
    struct rows r;
    TRY(db_exec(op, Q_MIGRATE_TABLE));
    TRY(db_exec(op, Q_MIGRATE_GRANT));
    TRY(db_query(op, &r, Q_MIGRATE_LIST));
    for (int i = 0; i < r.count; i++)
        if (!known(all, row_text(&r, i, "name")))
            return err_internal(op, ERR_INTERNAL, "%s was applied but is not here: this program is older than the database",
                                row_text(&r, i, "name"));
    for (size_t i = 0; i < all->n; i++) {
        struct script *s = &all->list[i];
        const char *hash = applied_hash(&r, s->name);
        if (hash && strcmp(hash, s->sha256) == 0)
            continue;
        if (hash && !s->repeatable)
            return err_internal(op, ERR_INTERNAL, "%s was changed after it was applied", s->name);
        TRY(db_tx(op, apply, s));
        log_info("applied %s", s->name);
    }
    return ERR_OK;
}

enum err migrate_run(struct op *op, const char *folder)
{
    struct scripts *all;
    TRY(load(op, folder, &all));
    TRY(db_exec(op, Q_MIGRATE_LOCK, P_INT(MIGRATE_LOCK)));
    enum err e = run_all(op, all);
    if (db_exec(op, Q_MIGRATE_UNLOCK, P_INT(MIGRATE_LOCK)) != ERR_OK)
        conn_drop(op->db);
    return e;
}

bool migrate_check(struct op *op, const char *folder, const char **why)
{
    struct scripts *all;
    struct rows r;
    if (load(op, folder, &all) || db_query(op, &r, Q_MIGRATE_LIST)) {
        *why = op->err->internal ? op->err->internal : "the database does not answer";
        return false;
    }
    for (int i = 0; i < r.count; i++)
        if (!known(all, row_text(&r, i, "name"))) {
            *why = arena_printf(op->arena, "the database has %s, this program has not", row_text(&r, i, "name"));
            return false;
        }
    for (size_t i = 0; i < all->n; i++) {
        const char *hash = applied_hash(&r, all->list[i].name);
        if (!hash || strcmp(hash, all->list[i].sha256) != 0) {
            *why = arena_printf(op->arena, "%s is %s; run: tarazu migrate", all->list[i].name,
                                hash ? "different in the database" : "not applied");
            return false;
        }
    }
    return true;
}
