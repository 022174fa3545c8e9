/* The audit log and its chain of seals. */
#include "auth/audit.h"

#include <string.h>

#include "auth/keys.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "db/tx.h"

#define CHECK_PAGE 1000
#define SEAL_PAGE 100 /* rows of a transaction; they travel together */

void audit_write(struct op *op, const char *action, const char *target, const struct view *before,
                 const struct view *after)
{
    db_queue(op, Q_AUDIT_ADD, P_TEXT(action), P_TEXT(target),
             P_TEXT(before ? view_serialize(op->arena, before) : NULL),
             P_TEXT(after ? view_serialize(op->arena, after) : NULL), P_TEXT(op->client));
}

/* "<key id>.<hex>" over the seal before it and the row's text. */
static const char *make_seal(struct op *op, const struct key *key, int64_t seq, const char *previous,
                             const char *text)
{
    const char *covered = arena_printf(op->arena, "%lld\n%s\n%s", (long long)seq, previous, text);
    return arena_printf(op->arena, "%s.%s", key->id,
                        crypto_hmac_sha256_hex(op->arena, key_str(key), str_of(covered)));
}

static enum err seal_page(struct op *op, void *arg)
{
    int *page = arg;
    struct lock_set locks = { .n = 0 };
    struct rows last, rows;
    struct key key;
    lock_add_named(&locks, "audit_seal");
    lock_queue(op, &locks);
    TRY(db_query(op, &last, Q_AUDIT_LAST_SEAL));
    TRY(db_query(op, &rows, Q_AUDIT_UNSEALED, P_INT(SEAL_PAGE)));
    key_get(op->conf, KEY_AUDIT, 0, &key);
    int64_t seq = last.count ? row_int(&last, 0, "seq") : 0;
    const char *previous = last.count ? row_text(&last, 0, "seal") : "";
    for (int i = 0; i < rows.count; i++) {
        previous = make_seal(op, &key, ++seq, previous, row_text(&rows, i, "text"));
        db_queue(op, Q_AUDIT_SEAL, P_INT(seq), P_INT(row_int(&rows, i, "id")), P_TEXT(previous));
    }
    *page = rows.count;
    return db_flush(op);
}

enum err audit_seal(struct op *op, int64_t most, int64_t *sealed)
{
    int page;
    *sealed = 0;
    do {
        struct arena_mark mark = arena_mark(op->arena);
        TRY(db_tx(op, seal_page, &page));
        arena_rewind(op->arena, mark);
        *sealed += page;
    } while (page == SEAL_PAGE && *sealed < most);
    return ERR_OK;
}

static const struct key *key_of_seal(const struct key *keys, int count, const char *seal)
{
    for (int i = 0; i < count; i++)
        if (strncmp(seal, keys[i].id, KEY_ID_BYTES - 1) == 0 && seal[KEY_ID_BYTES - 1] == '.')
            return &keys[i];
    return NULL;
}

/* Checks a page of the chain; *previous and *seq move on. */
static void check_page(struct op *op, const struct rows *rows, const struct key *keys, int count,
                       int64_t *seq, const char **previous, struct audit_report *out)
{
    for (int i = 0; i < rows->count && !out->first_bad; i++) {
        int64_t id = row_int(rows, i, "audit_id");
        const char *text = row_text(rows, i, "text"), *seal = row_text(rows, i, "seal");
        const struct key *key = key_of_seal(keys, count, seal);
        if (!text || row_int(rows, i, "seq") != *seq + 1)
            out->first_bad = id;
        else if (!key)
            out->unknown_key++;
        else if (!crypto_str_equal(str_of(seal), str_of(make_seal(op, key, *seq + 1, *previous, text))))
            out->first_bad = id;
        else
            out->sealed++;
        (*seq)++;
        *previous = seal;
    }
}

enum err audit_check(struct op *op, struct audit_report *out)
{
    struct key keys[KEY_GENERATIONS];
    struct rows r;
    int count = 0;
    int64_t seq = 0;
    const char *previous = "";
    memset(out, 0, sizeof(*out));
    while (count < KEY_GENERATIONS && key_get(op->conf, KEY_AUDIT, count, &keys[count]))
        count++;
    TRY(db_query(op, &r, Q_AUDIT_FIGURES));
    out->rows = row_int(&r, 0, "rows");
    out->waiting = row_int(&r, 0, "waiting");
    out->newest_age = row_int_or(&r, 0, "newest_age", -1);
    out->first_bad = row_int_or(&r, 0, "skipped", 0);
    out->first_late = row_int_or(&r, 0, "late", 0);
    out->overdue = row_int_or(&r, 0, "overdue", 0);
    do {
        TRY(db_query(op, &r, Q_AUDIT_CHAIN, P_INT(seq), P_INT(CHECK_PAGE)));
        check_page(op, &r, keys, count, &seq, &previous, out);
    } while (r.count == CHECK_PAGE && !out->first_bad);
    return ERR_OK;
}

enum err audit_list(struct op *op, const struct audit_filter *filter, int64_t below, int64_t limit,
                    struct view *out)
{
    static const char *const texts[] = { "at", "actor_kind", "actor", "action", "target", "request_id", "client" };
    struct rows r;
    TRY(db_query(op, &r, Q_AUDIT_LIST, P_TEXT(filter->actor), P_TEXT(filter->action), P_TEXT(filter->target),
                 P_OPT_INT(filter->from), P_OPT_INT(filter->to), P_INT(below), P_INT(limit)));
    struct view *items = view_array(out, "items");
    for (int i = 0; i < r.count; i++) {
        struct view *item = view_append(items);
        view_int(item, "id", row_int(&r, i, "id"));
        for (size_t c = 0; c < sizeof(texts) / sizeof(texts[0]); c++)
            view_text(item, texts[c], row_text(&r, i, texts[c]));
        if (!row_null(&r, i, "before"))
            view_json(item, "before", row_text(&r, i, "before"));
        if (!row_null(&r, i, "after"))
            view_json(item, "after", row_text(&r, i, "after"));
    }
    if (r.count == limit && limit > 0)
        view_text(out, "next", row_text(&r, r.count - 1, "id"));
    else
        view_null(out, "next");
    return ERR_OK;
}
