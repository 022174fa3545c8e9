/* Links that verify e-mail addresses. */
#include "auth/email.h"

#include "auth/seal.h"
#include "core/arena.h"
#include "core/crypto.h"
#include "core/view.h"
#include "db/db.h"
#include "db/outbox.h"

#define TOKEN_BYTES 32
#define LINK_SECONDS 86400
#define LINKS_A_DAY 10
#define RETRY_SECONDS 3600

static const char *place_of(struct op *op, const char *hash)
{
    return arena_printf(op->arena, "email:%s", hash);
}

enum err email_link_send(struct op *op, int64_t customer)
{
    struct rows r;
    TRY(db_query(op, &r, Q_EMAIL_LINK_WANTED, P_INT(customer)));
    if (r.count == 0 || !row_bool(&r, 0, "wanted"))
        return ERR_OK;
    if (row_int(&r, 0, "today") >= LINKS_A_DAY) {
        err_retry_after(op, RETRY_SECONDS);
        return err_set(op, ERR_RATE_LIMITED, NULL);
    }
    const char *token = crypto_token(op->arena, TOKEN_BYTES);
    const char *hash = crypto_sha256_hex(op->arena, str_of(token));
    struct view *payload = view_new(op->arena);
    view_text(payload, "hash", hash);
    view_text(payload, "sealed", seal(op, place_of(op, hash), str_of(token)));
    db_queue(op, Q_EMAIL_LINK_ADD, P_TEXT(hash), P_INT(customer), P_TEXT(row_text(&r, 0, "email")), P_INT(LINK_SECONDS));
    outbox_add(op, "email_verify", hash, payload, 0);
    return ERR_OK;
}

enum err email_link_follow(struct op *op, const char *token)
{
    struct rows link, customer;
    const char *hash = crypto_sha256_hex(op->arena, str_of(token));
    TRY(db_query(op, &link, Q_EMAIL_LINK_LOCK, P_TEXT(hash)));
    if (link.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    bool used = row_bool(&link, 0, "used");
    if (!used && !row_bool(&link, 0, "fresh"))
        return err_set(op, ERR_NOT_FOUND, NULL);
    TRY(db_query(op, &customer, used ? Q_EMAIL_VERIFIED : Q_EMAIL_VERIFY, P_INT(row_int(&link, 0, "customer_id")),
                 P_TEXT(row_text(&link, 0, "email"))));
    if (customer.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    return used ? ERR_OK : db_exec(op, Q_EMAIL_LINK_USE, P_TEXT(hash));
}

enum err email_letter(struct op *op, const struct view *payload, struct email_letter *out, bool *wanted)
{
    struct rows r;
    struct str token;
    const char *hash = view_get_text(payload, "hash");
    *wanted = false;
    if (!hash)
        return err_internal(op, ERR_INTERNAL, "email_verify without hash");
    TRY(db_query(op, &r, Q_EMAIL_LINK_SENDING, P_TEXT(hash)));
    if (r.count == 0)
        return ERR_OK;
    if (!unseal(op, place_of(op, hash), view_get_text(payload, "sealed"), &token))
        return err_internal(op, ERR_INTERNAL, "link %s cannot be unsealed", hash);
    *out = (struct email_letter){ .to = row_text(&r, 0, "email"), .name = row_text(&r, 0, "name"),
        .lang = row_text(&r, 0, "lang"), .token = str_dup(op->arena, token), .hash = hash };
    *wanted = true;
    return ERR_OK;
}
