/* Captcha by proof of work (ALTCHA v1). */
#include "auth/pow.h"

#include <string.h>

#include "auth/limits.h"
#include "auth/rate.h"
#include "auth/ticket.h"
#include "core/arena.h"
#include "core/op.h"
#include "core/view.h"
#include "db/db.h"

#define ALGORITHM "SHA-256"
#define SALT_BYTES 12
#define EASY_SOLUTIONS 20 /* of one address and hour, before the work doubles */
#define HARDEST 4         /* doublings */

static const char *solution_hash(struct arena *a, const char *salt, int64_t number)
{
    return crypto_sha256_hex(a, str_of(arena_printf(a, "%s%lld", salt, (long long)number)));
}

void pow_make(struct view *out, struct arena *a, const struct key *key, const char *salt_hex,
              int64_t number, int64_t maxnumber, int64_t expires_at)
{
    /* The '&' at the end keeps digits of the number from being read as part of the expiry. */
    const char *salt = arena_printf(a, "%s?expires=%lld&", salt_hex, (long long)expires_at);
    const char *challenge = solution_hash(a, salt, number);
    view_text(out, "algorithm", ALGORITHM);
    view_text(out, "challenge", challenge);
    view_int(out, "maxnumber", maxnumber);
    view_text(out, "salt", salt);
    view_text(out, "signature", crypto_hmac_sha256_hex(a, key_str(key), str_of(challenge)));
}

/* "<hex>?expires=<digits>&" and nothing else. */
static bool salt_expiry(const char *salt, int64_t *expires_at)
{
    struct str rest = str_of(salt);
    struct str random = str_cut(&rest, '?');
    if (random.n < 2 * SALT_BYTES || !str_starts(rest, "expires=") || !str_ends(rest, "&"))
        return false;
    rest.p += strlen("expires=");
    rest.n -= strlen("expires=") + 1;
    return str_int(rest, expires_at);
}

static struct view *payload_tree(struct arena *a, const char *payload)
{
    struct str json;
    const char *error;
    size_t n = payload ? strnlen(payload, POW_PAYLOAD_MAX + 1) : 0;
    if (n == 0 || n > POW_PAYLOAD_MAX || !crypto_base64_decode(a, (struct str){ payload, n }, &json))
        return NULL;
    struct view *tree = view_parse(a, json, 4, &error);
    return view_kind(tree) == VIEW_OBJECT ? tree : NULL;
}

bool pow_check(struct arena *a, const struct key *key, const char *payload, int64_t now,
               struct pow_solution *out)
{
    struct view *tree = payload_tree(a, payload);
    if (!tree)
        return false;
    const char *algorithm = view_get_text(tree, "algorithm"), *salt = view_get_text(tree, "salt");
    const char *challenge = view_get_text(tree, "challenge");
    const char *signature = view_get_text(tree, "signature");
    int64_t number = view_get_int(tree, "number", -1);
    if (!algorithm || strcmp(algorithm, ALGORITHM) != 0 || !salt || !challenge || !signature || number < 0)
        return false;
    const char *signed_as = crypto_hmac_sha256_hex(a, key_str(key), str_of(challenge));
    if (!crypto_str_equal(str_of(signature), str_of(signed_as)))
        return false;
    if (!crypto_str_equal(str_of(challenge), str_of(solution_hash(a, salt, number))))
        return false;
    if (!salt_expiry(salt, &out->expires_at) || out->expires_at <= now)
        return false;
    out->signature = signed_as;
    return true;
}

enum err pow_challenge(struct op *op, struct view *out)
{
    struct limits limits;
    struct rows r;
    TRY(limits_load(op, &limits));
    TRY(db_query(op, &r, Q_CAPTCHA_HISTORY, P_TEXT(rate_address(op))));
    int64_t doublings = row_int(&r, 0, "solved") / EASY_SOLUTIONS;
    if (doublings > HARDEST)
        doublings = HARDEST;
    int64_t maxnumber = limits.captcha_maxnumber << doublings;
    uint8_t salt[SALT_BYTES];
    crypto_random(salt, sizeof(salt));
    struct key key;
    key_get(op->conf, KEY_CAPTCHA, 0, &key);
    pow_make(out, op->arena, &key, crypto_hex(op->arena, salt, sizeof(salt)),
             crypto_random_below((uint32_t)maxnumber), maxnumber,
             row_int(&r, 0, "now") + limits.captcha_life_seconds);
    return ERR_OK;
}

static enum err refuse(struct op *op)
{
    err_set(op, ERR_CAPTCHA_INVALID, NULL);
    err_param_bool(op, "captcha", 1);
    return ERR_CAPTCHA_INVALID;
}

static enum err redeem_ticket(struct op *op, const char *ticket)
{
    bool good = false;
    TRY(ticket_redeem(op, ticket, &good));
    return good ? ERR_OK : refuse(op);
}

enum err pow_redeem(struct op *op, const char *payload)
{
    struct rows r;
    if (ticket_is(payload))
        return redeem_ticket(op, payload);
    TRY(db_query(op, &r, Q_NOW));
    int64_t now = row_int(&r, 0, "now");
    struct pow_solution solution;
    bool solved = false;
    struct key key;
    for (int g = 0; !solved && g < KEY_GENERATIONS && key_get(op->conf, KEY_CAPTCHA, g, &key); g++)
        solved = pow_check(op->arena, &key, payload, now, &solution);
    if (!solved)
        return refuse(op);
    TRY(db_query(op, &r, Q_CAPTCHA_USE, P_TEXT(solution.signature), P_TEXT(op->request_id),
                 P_INT(solution.expires_at), P_TEXT(rate_address(op))));
    return r.count == 1 ? ERR_OK : refuse(op);
}
