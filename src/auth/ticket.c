/* Waiting instead of working: the captcha without JavaScript. */
#include "auth/ticket.h"

#include <string.h>

#include "auth/rate.h"
#include "core/arena.h"
#include "core/op.h"
#include "db/db.h"

#define PREFIX "wait."
#define TICKET_MAX 200     /* bytes */
#define TICKETS_PER_HOUR 12 /* of one address */
#define NONCE_BYTES 16

static const char *mac_of(struct arena *a, const struct key *key, const char *body, const char *address)
{
    return crypto_hmac_sha256_hex(a, key_str(key), str_of(arena_printf(a, "%s|%s", body, address)));
}

const char *ticket_make(struct arena *a, const struct key *key, const char *nonce, int64_t good_from,
                        int64_t expires_at, const char *address)
{
    const char *body = arena_printf(a, PREFIX "%s.%lld.%lld", nonce, (long long)good_from,
                                    (long long)expires_at);
    return arena_printf(a, "%s.%s", body, mac_of(a, key, body, address));
}

bool ticket_check(struct arena *a, const struct key *key, const char *ticket, int64_t now,
                  const char *address, int64_t *expires_at)
{
    int64_t good_from;
    if (!ticket_is(ticket) || strnlen(ticket, TICKET_MAX + 1) > TICKET_MAX)
        return false;
    const char *last = strrchr(ticket, '.');
    const char *body = arena_strndup(a, ticket, (size_t)(last - ticket));
    if (!crypto_str_equal(str_of(last + 1), str_of(mac_of(a, key, body, address))))
        return false;
    struct str rest = str_of(body + strlen(PREFIX));
    str_cut(&rest, '.');
    return str_int(str_cut(&rest, '.'), &good_from) && str_int(rest, expires_at) && good_from <= now &&
           now < *expires_at;
}

bool ticket_is(const char *payload)
{
    return str_starts(str_of(payload), PREFIX);
}

enum err ticket_new(struct op *op, const char **ticket)
{
    struct rows r;
    struct key key;
    TRY(db_query(op, &r, Q_NOW));
    int64_t now = row_int(&r, 0, "now");
    key_get(op->conf, KEY_CAPTCHA, 0, &key);
    *ticket = ticket_make(op->arena, &key, crypto_token(op->arena, NONCE_BYTES), now + TICKET_WAIT_SECONDS,
                          now + TICKET_LIFE_SECONDS, rate_address(op));
    return ERR_OK;
}

enum err ticket_redeem(struct op *op, const char *ticket, bool *good)
{
    struct rows r;
    struct key key;
    int64_t expires_at = 0;
    *good = false;
    TRY(db_query(op, &r, Q_NOW));
    int64_t now = row_int(&r, 0, "now");
    for (int g = 0; !*good && g < KEY_GENERATIONS && key_get(op->conf, KEY_CAPTCHA, g, &key); g++)
        *good = ticket_check(op->arena, &key, ticket, now, rate_address(op), &expires_at);
    if (!*good)
        return ERR_OK;
    TRY(db_query(op, &r, Q_TICKET_USE, P_TEXT(crypto_sha256_hex(op->arena, str_of(ticket))),
                 P_TEXT(op->request_id), P_INT(expires_at), P_TEXT(rate_address(op)), P_INT(TICKETS_PER_HOUR)));
    *good = r.count == 1;
    return ERR_OK;
}
