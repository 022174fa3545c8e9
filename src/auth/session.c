/* Sessions and their tokens. */
#include "auth/session.h"

#include <string.h>

#include "auth/apikey.h"
#include "auth/audit.h"
#include "auth/jwt.h"
#include "auth/policy.h"
#include "core/arena.h"
#include "core/log.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"

#define TOKEN_BYTES 32
#define TOKEN_MAX 100 /* characters accepted */
#define AGENT_MAX 200 /* bytes of a User-Agent kept */

/* How long a session lasts: without use, and at all. */
static const struct {
    int64_t idle, absolute; /* seconds */
} lives[] = {
    [ACTOR_CUSTOMER] = { 30 * 86400, 180 * 86400 },
    [ACTOR_STAFF] = { 8 * 3600, 24 * 3600 },
};

static const char *token_hash(struct op *op, const char *token)
{
    return crypto_sha256_hex(op->arena, str_of(token));
}

/* The successor is computed from the token, so that the answer can be given twice. */
static const char *successor_of(struct op *op, int generation, const char *token)
{
    struct key key;
    uint8_t mac[SHA256_BYTES];
    if (!key_get(op->conf, KEY_REFRESH, generation, &key))
        return NULL;
    crypto_hmac_sha256(key_str(&key), str_of(token), mac);
    return crypto_base64url(op->arena, mac, sizeof(mac));
}

static const char *access_token(struct op *op, enum actor_kind kind, int64_t id, int64_t session_id,
                                int64_t now)
{
    struct jwt_keys keys;
    jwt_keys_load(op->conf, &keys);
    struct jwt_claims claims = { .kind = kind, .id = id, .session_id = session_id, .issued_at = now,
                                 .expires_at = now + SESSION_ACCESS_SECONDS };
    return jwt_sign(op->arena, &keys, &claims);
}

static void fill_tokens(struct op *op, enum actor_kind kind, int64_t id, int64_t session_id,
                        int64_t now, const char *refresh, struct session_tokens *out)
{
    out->session_id = session_id;
    out->access = access_token(op, kind, id, session_id, now);
    out->refresh = refresh;
    out->access_seconds = SESSION_ACCESS_SECONDS;
    out->refresh_seconds = (int)lives[kind].idle;
}

enum err session_open(struct op *op, enum actor_kind kind, int64_t id, const char *agent,
                      struct session_tokens *out)
{
    struct rows r;
    struct str shown = str_of(agent);
    if (shown.n > AGENT_MAX)
        shown.n = AGENT_MAX;
    for (size_t i = 0; i < shown.n; i++) /* plain ASCII, and never half a character */
        if ((unsigned char)shown.p[i] >= 0x7f || (unsigned char)shown.p[i] < 0x20)
            shown.n = i;
    TRY(db_query(op, &r, Q_SESSION_OPEN,
                 kind == ACTOR_CUSTOMER ? P_INT(id) : P_NULL, kind == ACTOR_STAFF ? P_INT(id) : P_NULL,
                 P_TEXT(op->client ? op->client : ""), P_TEXT(str_dup(op->arena, shown)),
                 P_INT(lives[kind].absolute)));
    int64_t session_id = row_int(&r, 0, "id");
    const char *refresh = crypto_token(op->arena, TOKEN_BYTES);
    TRY(db_exec(op, Q_REFRESH_ADD, P_TEXT(token_hash(op, refresh)), P_INT(session_id),
                P_INT(lives[kind].idle)));
    fill_tokens(op, kind, id, session_id, row_int(&r, 0, "now"), refresh, out);
    return ERR_OK;
}

/* Whose session a row (of q_session_live or q_refresh_lock) is. */
static void read_owner(const struct rows *r, enum actor_kind *kind, int64_t *id)
{
    *kind = row_null(r, 0, "customer_id") ? ACTOR_STAFF : ACTOR_CUSTOMER;
    *id = row_int(r, 0, *kind == ACTOR_STAFF ? "staff_id" : "customer_id");
}

static void read_found(const struct rows *r, struct session_found *out)
{
    read_owner(r, &out->kind, &out->id);
    out->name = row_text(r, 0, "name");
    out->permissions = out->kind == ACTOR_STAFF ? role_permissions(row_text(r, 0, "role")) : 0;
}

struct rotation {
    const char *token;
    struct session_tokens tokens;
    struct session_found found;
    bool good, reused;
};

/* Within the grace: the successor that was given, under whichever key made it. */
static const char *given_successor(struct op *op, const struct rows *r, const char *token)
{
    for (int g = 0; g < KEY_GENERATIONS; g++) {
        const char *successor = successor_of(op, g, token);
        if (successor && strcmp(token_hash(op, successor), row_text(r, 0, "successor")) == 0)
            return successor;
    }
    return NULL;
}

static enum err rotate(struct op *op, void *arg)
{
    struct rotation *t = arg;
    struct rows r;
    const char *successor = NULL, *hash = token_hash(op, t->token);
    t->good = t->reused = false;
    TRY(db_query(op, &r, Q_REFRESH_LOCK, P_TEXT(hash)));
    if (r.count == 0 || !row_bool(&r, 0, "live"))
        return ERR_OK;
    int64_t session_id = row_int(&r, 0, "session_id");
    read_found(&r, &t->found);
    t->found.session_id = session_id;
    if (row_bool(&r, 0, "in_grace")) {
        successor = given_successor(op, &r, t->token);
    } else if (row_bool(&r, 0, "used")) {
        t->reused = true;
        audit_write(op, "session.token_reused", arena_printf(op->arena, "session:%lld", (long long)session_id),
                    NULL, NULL);
        return session_end(op, session_id, "token_reused");
    } else if (row_bool(&r, 0, "fresh")) {
        successor = successor_of(op, 0, t->token);
        const char *next = token_hash(op, successor);
        db_queue(op, Q_REFRESH_USE, P_TEXT(hash), P_TEXT(next));
        db_queue(op, Q_REFRESH_ADD, P_TEXT(next), P_INT(session_id), P_INT(lives[t->found.kind].idle));
        db_queue(op, Q_SESSION_SEEN, P_INT(session_id));
    }
    if (!successor)
        return ERR_OK;
    fill_tokens(op, t->found.kind, t->found.id, session_id, row_int(&r, 0, "now"), successor, &t->tokens);
    t->good = true;
    return ERR_OK;
}

static enum err exchange(struct op *op, struct rotation *t)
{
    if (!t->token || !*t->token || strnlen(t->token, TOKEN_MAX + 1) > TOKEN_MAX)
        return err_set(op, ERR_TOKEN_INVALID, NULL);
    TRY(db_tx(op, rotate, t));
    if (t->reused)
        log_event(LOG_WARNING, "refresh token used again: session ended",
                  LOG_I("session", t->found.session_id), LOG_S("request_id", op->request_id));
    return t->good ? ERR_OK : err_set(op, ERR_TOKEN_INVALID, NULL);
}

enum err session_refresh(struct op *op, const char *token, struct session_tokens *out)
{
    struct rotation t = { .token = token };
    TRY(exchange(op, &t));
    *out = t.tokens;
    return ERR_OK;
}

/* *live false: the token or its session does not hold. */
static enum err by_access(struct op *op, const char *token, struct session_found *out, bool *live)
{
    struct jwt_keys keys;
    struct jwt_claims claims;
    struct rows r;
    *live = false;
    jwt_keys_load(op->conf, &keys);
    if (!jwt_read(op->arena, &keys, token, &claims))
        return ERR_OK;
    TRY(db_query(op, &r, Q_SESSION_LIVE, P_INT(claims.session_id)));
    if (r.count == 0 || !jwt_in_time(&claims, row_int(&r, 0, "now")))
        return ERR_OK;
    struct session_found found = { .session_id = claims.session_id };
    read_found(&r, &found);
    if (found.kind != claims.kind || found.id != claims.id)
        return ERR_OK;
    *out = found;
    *live = true;
    return ERR_OK;
}

static enum err by_refresh(struct op *op, const char *token, struct session_found *out)
{
    struct rotation t = { .token = token };
    enum err e = exchange(op, &t);
    if (e == ERR_TOKEN_INVALID) {
        err_clear(op);
        out->drop_cookies = true;
        return ERR_OK;
    }
    TRY(e);
    *out = t.found;
    out->by_cookie = true;
    out->new_access = t.tokens.access;
    out->new_refresh = t.tokens.refresh;
    out->access_seconds = t.tokens.access_seconds;
    out->refresh_seconds = t.tokens.refresh_seconds;
    return ERR_OK;
}

enum err session_resolve(struct op *op, const char *bearer, const char *access_cookie,
                         const char *refresh_cookie, struct session_found *out)
{
    bool live = false;
    memset(out, 0, sizeof(*out));
    if (bearer) {
        if (apikey_is(bearer))
            TRY(apikey_resolve(op, bearer, out, &live));
        else
            TRY(by_access(op, bearer, out, &live));
        return live ? ERR_OK : err_set(op, ERR_TOKEN_INVALID, NULL);
    }
    if (access_cookie && *access_cookie) {
        TRY(by_access(op, access_cookie, out, &live));
        out->by_cookie = live;
    }
    if (!live && refresh_cookie && *refresh_cookie)
        return by_refresh(op, refresh_cookie, out);
    out->drop_cookies = !live && access_cookie && *access_cookie;
    return ERR_OK;
}

enum err session_end(struct op *op, int64_t session_id, const char *reason)
{
    return db_exec(op, Q_SESSION_END, P_INT(session_id), P_TEXT(reason));
}

enum err session_end_by_token(struct op *op, const char *token)
{
    if (!token || !*token || strnlen(token, TOKEN_MAX + 1) > TOKEN_MAX)
        return ERR_OK;
    return db_exec(op, Q_SESSION_END_BY_TOKEN, P_TEXT(token_hash(op, token)));
}

enum err session_end_own(struct op *op, int64_t session_id)
{
    struct rows r;
    bool staff = op->actor.kind == ACTOR_STAFF;
    TRY(db_query(op, &r, Q_SESSION_END_OWN, P_INT(session_id), staff ? P_NULL : P_INT(op->actor.id),
                 staff ? P_INT(op->actor.id) : P_NULL));
    return r.count ? ERR_OK : err_set(op, ERR_NOT_FOUND, NULL);
}

enum err session_end_all(struct op *op, enum actor_kind kind, int64_t id, int64_t keep,
                         const char *reason)
{
    return db_exec(op, Q_SESSION_END_ALL, kind == ACTOR_CUSTOMER ? P_INT(id) : P_NULL,
                   kind == ACTOR_STAFF ? P_INT(id) : P_NULL, P_INT(keep), P_TEXT(reason));
}

enum err session_list(struct op *op, enum actor_kind kind, int64_t id, int64_t current,
                      struct view *out)
{
    struct rows r;
    TRY(db_query(op, &r, Q_SESSION_LIST, kind == ACTOR_CUSTOMER ? P_INT(id) : P_NULL,
                 kind == ACTOR_STAFF ? P_INT(id) : P_NULL));
    struct view *items = view_array(out, "items");
    for (int i = 0; i < r.count; i++) {
        struct view *item = view_append(items);
        view_int(item, "id", row_int(&r, i, "id"));
        view_bool(item, "current", row_int(&r, i, "id") == current);
        view_text(item, "client", row_text(&r, i, "client"));
        view_text(item, "agent", row_text(&r, i, "agent"));
        view_text(item, "created_at", row_text(&r, i, "created_at"));
        view_text(item, "last_used_at", row_text(&r, i, "last_used_at"));
    }
    view_null(out, "next");
    return ERR_OK;
}

enum err session_proved(struct op *op, int64_t session_id, bool *recently)
{
    struct rows r;
    TRY(db_query(op, &r, Q_SESSION_PROVED, P_INT(session_id)));
    *recently = r.count && row_bool(&r, 0, "recently");
    return ERR_OK;
}

enum err session_prove(struct op *op, int64_t session_id)
{
    return db_exec(op, Q_SESSION_PROVE, P_INT(session_id));
}
