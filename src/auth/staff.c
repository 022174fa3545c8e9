/* Staff accounts. */
#include "auth/staff.h"

#include <string.h>

#include "auth/audit.h"
#include "auth/password.h"
#include "auth/policy.h"
#include "auth/pow.h"
#include "auth/rate.h"
#include "auth/seal.h"
#include "auth/session.h"
#include "auth/totp.h"
#include "core/arena.h"
#include "core/crypto.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"

static const char *totp_place(struct op *op, const char *username)
{
    return arena_printf(op->arena, "totp:%s", username);
}

/* The step of a right second factor, 0 otherwise; the same work when there is no such user. */
static int64_t second_factor(struct op *op, const struct rows *r, const struct staff_login *login)
{
    struct str secret = STR("00000000000000000000");
    bool known = r->count == 1 &&
                 unseal(op, totp_place(op, login->username), row_text(r, 0, "totp_secret"), &secret);
    int64_t now = 0, last = 0;
    if (known) {
        now = row_int(r, 0, "now");
        last = row_int(r, 0, "totp_last_step");
    }
    int64_t step = totp_match(op->arena, secret, login->otp, now, last);
    return known ? step : 0;
}

static enum err upgrade(struct op *op, int64_t id, const char *password)
{
    const char *hash;
    TRY(password_hash(op, password, &hash));
    return db_exec(op, Q_STAFF_REHASH, P_INT(id), P_TEXT(hash));
}

static enum err check(struct op *op, const struct staff_login *login, int64_t *id)
{
    struct rows r, taken = { .count = 0 };
    bool right, outdated;
    TRY(db_query(op, &r, Q_STAFF_LOGIN, P_TEXT(login->username)));
    TRY(password_verify(op, r.count ? row_text(&r, 0, "password_hash") : NULL, login->password, &right,
                        &outdated));
    int64_t step = second_factor(op, &r, login);
    if (right && step) /* a step that somebody used meanwhile gives no row */
        TRY(db_query(op, &taken, Q_STAFF_STEP, P_INT(row_int(&r, 0, "id")), P_INT(step)));
    if (taken.count == 0)
        return err_set(op, ERR_LOGIN_INVALID, NULL);
    *id = row_int(&r, 0, "id");
    return outdated ? upgrade(op, *id, login->password) : ERR_OK;
}

enum err staff_verify(struct op *op, const struct staff_login *login, int64_t *id)
{
    const char *who = arena_printf(op->arena, "staff:%s", login->username);
    enum err blocked = rate_blocked(op, RATE_LOGIN, who);
    if (blocked == ERR_RATE_LIMITED && login->altcha) {
        err_clear(op);
        blocked = pow_redeem(op, login->altcha);
    }
    TRY(blocked);
    enum err e = check(op, login, id);
    if (e == ERR_LOGIN_INVALID) {
        TRY(rate_failure(op, RATE_LOGIN, who));
        return err_set(op, ERR_LOGIN_INVALID, NULL);
    }
    return e ? e : rate_forgive(op, RATE_LOGIN, who);
}

static enum err bad_field(struct op *op, const char *pointer, const char *code)
{
    err_field(op, pointer, code, NULL);
    return ERR_INVALID_FIELD;
}

static bool good_username(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return n >= 2 && n <= 40 && s[n] == '\0' && !strchr("._-", s[0]);
}

static const char *new_secret(struct op *op, const char *username, const char **sealed)
{
    uint8_t secret[TOTP_SECRET_BYTES];
    crypto_random(secret, sizeof(secret));
    *sealed = seal(op, totp_place(op, username), (struct str){ (const char *)secret, sizeof(secret) });
    return crypto_base32(op->arena, secret, sizeof(secret));
}

static const char *target(struct op *op, int64_t id)
{
    return arena_printf(op->arena, "staff:%lld", (long long)id);
}

enum err staff_add(struct op *op, const struct staff_new *in, int64_t *id, const char **totp)
{
    struct rows r;
    const char *sealed;
    if (!in->username || !good_username(in->username))
        return bad_field(op, "/username", "invalid");
    if (!role_permissions(in->role))
        return bad_field(op, "/role", "not_one_of");
    *totp = new_secret(op, in->username, &sealed);
    TRY(db_query(op, &r, Q_STAFF_ADD, P_TEXT(in->username), P_TEXT(in->name ? in->name : ""),
                 P_TEXT(in->role), P_TEXT(in->password_hash), P_TEXT(sealed)));
    if (r.count == 0)
        return err_set(op, ERR_ALREADY_EXISTS, NULL);
    *id = row_int(&r, 0, "id");
    struct view *after = view_new(op->arena);
    view_text(after, "username", in->username);
    view_text(after, "role", in->role);
    audit_write(op, "staff.add", target(op, *id), NULL, after);
    return ERR_OK;
}

enum err staff_reset(struct op *op, const char *username, const char *password_hash, const char **totp)
{
    struct rows r;
    const char *sealed;
    *totp = new_secret(op, username, &sealed);
    TRY(db_query(op, &r, Q_STAFF_RESET, P_TEXT(username), P_TEXT(password_hash), P_TEXT(sealed)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    int64_t id = row_int(&r, 0, "id");
    audit_write(op, "staff.reset", target(op, id), NULL, NULL);
    return session_end_all(op, ACTOR_STAFF, id, 0, "reset");
}

enum err staff_set_role(struct op *op, const char *username, const char *role)
{
    struct rows r;
    if (!role_permissions(role))
        return bad_field(op, "/role", "not_one_of");
    TRY(db_query(op, &r, Q_STAFF_ROLE, P_TEXT(username), P_TEXT(role)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    struct view *before = view_new(op->arena), *after = view_new(op->arena);
    view_text(before, "role", row_text(&r, 0, "old_role"));
    view_text(after, "role", role);
    audit_write(op, "staff.role", target(op, row_int(&r, 0, "id")), before, after);
    return ERR_OK;
}

enum err staff_set_disabled(struct op *op, const char *username, int disabled)
{
    struct rows r;
    TRY(db_query(op, &r, Q_STAFF_DISABLE, P_TEXT(username), P_BOOL(disabled)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    int64_t id = row_int(&r, 0, "id");
    audit_write(op, disabled ? "staff.disable" : "staff.enable", target(op, id), NULL, NULL);
    return disabled ? session_end_all(op, ACTOR_STAFF, id, 0, "disabled") : ERR_OK;
}

struct new_hash {
    const struct staff_own_password *in;
    const char *hash;
};

static enum err put_hash(struct op *op, void *arg)
{
    const struct new_hash *new = arg;
    TRY(db_exec(op, Q_STAFF_REHASH, P_INT(op->actor.id), P_TEXT(new->hash)));
    audit_write(op, "staff.password", target(op, op->actor.id), NULL, NULL);
    return session_end_all(op, ACTOR_STAFF, op->actor.id, new->in->session_id, "password_changed");
}

enum err staff_own_password(struct op *op, const struct staff_own_password *in)
{
    const char *who = arena_printf(op->arena, "staff:%s", op->actor.name);
    struct new_hash new = { .in = in };
    struct rows r;
    bool right, outdated;
    if (password_is_common(op->arena, in->wanted))
        return bad_field(op, "/new_password", "too_common");
    TRY(rate_blocked(op, RATE_LOGIN, who));
    TRY(db_query(op, &r, Q_STAFF_LOGIN, P_TEXT(op->actor.name)));
    TRY(password_verify(op, r.count ? row_text(&r, 0, "password_hash") : NULL, in->present, &right, &outdated));
    if (!right) {
        TRY(rate_failure(op, RATE_LOGIN, who));
        return bad_field(op, "/password", "invalid");
    }
    TRY(password_hash(op, in->wanted, &new.hash));
    return db_tx(op, put_hash, &new);
}

enum err staff_list(struct op *op, struct view *out)
{
    static const char *const texts[] = { "username", "name", "role", "created_at", "last_login_at" };
    struct rows r;
    TRY(db_query(op, &r, Q_STAFF_LIST));
    struct view *items = view_array(out, "items");
    for (int i = 0; i < r.count; i++) {
        struct view *item = view_append(items);
        view_int(item, "id", row_int(&r, i, "id"));
        for (size_t c = 0; c < sizeof(texts) / sizeof(texts[0]); c++)
            view_text(item, texts[c], row_text(&r, i, texts[c]));
        view_bool(item, "disabled", row_bool(&r, i, "disabled"));
    }
    view_null(out, "next");
    return ERR_OK;
}
