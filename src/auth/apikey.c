/* API keys of machines. */
#include "auth/apikey.h"

#include <string.h>

#include "auth/audit.h"
#include "auth/policy.h"
#include "auth/session.h"
#include "core/arena.h"
#include "core/crypto.h"
#include "core/view.h"
#include "db/db.h"

#define PREFIX "tzk_"
#define SECRET_BYTES 32
#define BEARER_MAX 100

bool apikey_is(const char *bearer)
{
    return str_starts(str_of(bearer), PREFIX);
}

enum err apikey_resolve(struct op *op, const char *bearer, struct session_found *out, bool *live)
{
    struct rows r;
    *live = false;
    if (strnlen(bearer, BEARER_MAX + 1) > BEARER_MAX)
        return ERR_OK;
    TRY(db_query(op, &r, Q_APIKEY_LIVE, P_TEXT(crypto_sha256_hex(op->arena, str_of(bearer)))));
    if (r.count == 0)
        return ERR_OK;
    uint64_t permissions = 0;
    struct str names = str_of(row_text(&r, 0, "permissions"));
    while (names.n)
        permissions |= permission_parse(str_dup(op->arena, str_cut(&names, ' ')));
    out->kind = ACTOR_STAFF;
    out->id = row_int(&r, 0, "staff_id");
    out->name = arena_printf(op->arena, "key:%s", row_text(&r, 0, "name"));
    out->permissions = permissions & role_permissions(row_text(&r, 0, "role"));
    *live = true;
    return db_exec(op, Q_APIKEY_USED, P_INT(row_int(&r, 0, "id")));
}

enum err apikey_add(struct op *op, const char *name, const char *const *permissions, size_t n,
                    int64_t days, int64_t *id, const char **secret)
{
    struct rows r;
    for (size_t i = 0; i < n; i++) {
        if (!permission_parse(permissions[i])) {
            err_field(op, arena_printf(op->arena, "/permissions/%zu", i), "not_one_of", NULL);
            return ERR_INVALID_FIELD;
        }
    }
    *secret = arena_printf(op->arena, PREFIX "%s", crypto_token(op->arena, SECRET_BYTES));
    TRY(db_query(op, &r, Q_APIKEY_ADD, P_INT(op->actor.id), P_TEXT(name),
                 P_TEXT(crypto_sha256_hex(op->arena, str_of(*secret))), P_TEXTS(permissions, n),
                 days ? P_INT(days) : P_NULL));
    *id = row_int(&r, 0, "id");
    struct view *after = view_new(op->arena);
    view_text(after, "name", name);
    struct view *list = view_array(after, "permissions");
    for (size_t i = 0; i < n; i++)
        view_append_text(list, permissions[i]);
    audit_write(op, "apikey.add", arena_printf(op->arena, "apikey:%lld", (long long)*id), NULL, after);
    return ERR_OK;
}

enum err apikey_revoke(struct op *op, int64_t id)
{
    struct rows r;
    TRY(db_query(op, &r, Q_APIKEY_REVOKE, P_INT(id)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    audit_write(op, "apikey.revoke", arena_printf(op->arena, "apikey:%lld", (long long)id), NULL, NULL);
    return ERR_OK;
}

enum err apikey_list(struct op *op, struct view *out)
{
    static const char *const columns[] = { "name", "username", "permissions", "created_at", "used_at",
                                           "expires_at", "revoked_at" };
    struct rows r;
    TRY(db_query(op, &r, Q_APIKEY_LIST));
    struct view *items = view_array(out, "items");
    for (int i = 0; i < r.count; i++) {
        struct view *item = view_append(items);
        view_int(item, "id", row_int(&r, i, "id"));
        for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++)
            view_text(item, columns[c], row_text(&r, i, columns[c]));
    }
    view_null(out, "next");
    return ERR_OK;
}
