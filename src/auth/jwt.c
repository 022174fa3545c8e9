/* Access tokens: JWT signed with HS256. */
#include "auth/jwt.h"

#include <string.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/view.h"

#define TYPE "at+jwt"
#define ALGORITHM "HS256"
#define SIGNATURE_CHARS 43 /* 32 bytes in base64url */

static const char *const kinds[] = {
    [ACTOR_CUSTOMER] = "customer", [ACTOR_STAFF] = "staff",
};

void jwt_keys_load(const struct conf *conf, struct jwt_keys *out)
{
    memset(out, 0, sizeof(*out));
    out->issuer = conf->shop_base_url;
    while (out->count < KEY_GENERATIONS && key_get(conf, KEY_JWT, out->count, &out->keys[out->count]))
        out->count++;
}

static const char *encode(struct arena *a, const struct view *v)
{
    const char *json = view_serialize(a, v);
    return crypto_base64url(a, json, strlen(json));
}

static const char *signature(struct arena *a, const struct key *key, struct str signed_part)
{
    uint8_t mac[SHA256_BYTES];
    crypto_hmac_sha256(key_str(key), signed_part, mac);
    return crypto_base64url(a, mac, sizeof(mac));
}

const char *jwt_sign(struct arena *a, const struct jwt_keys *keys, const struct jwt_claims *claims)
{
    struct view *head = view_new(a), *body = view_new(a);
    view_text(head, "alg", ALGORITHM);
    view_text(head, "typ", TYPE);
    view_text(head, "kid", keys->keys[0].id);
    view_text(body, "iss", keys->issuer);
    view_text(body, "aud", keys->issuer);
    view_text(body, "sub", arena_printf(a, "%s:%lld", kinds[claims->kind], (long long)claims->id));
    view_int(body, "sid", claims->session_id);
    view_int(body, "iat", claims->issued_at);
    view_int(body, "nbf", claims->issued_at);
    view_int(body, "exp", claims->expires_at);
    const char *part = arena_printf(a, "%s.%s", encode(a, head), encode(a, body));
    return arena_printf(a, "%s.%s", part, signature(a, &keys->keys[0], str_of(part)));
}

static struct view *decode(struct arena *a, struct str part)
{
    struct str json;
    const char *error;
    if (part.n == 0 || !crypto_base64url_decode(a, part, &json))
        return NULL;
    struct view *v = view_parse(a, json, 3, &error);
    return view_kind(v) == VIEW_OBJECT ? v : NULL;
}

static bool text_is(const struct view *v, const char *key, const char *wanted)
{
    const char *got = view_get_text(v, key);
    return got && strcmp(got, wanted) == 0;
}

/* The key that a header in our one shape names; NULL for any other header. */
static const struct key *header_key(struct arena *a, const struct jwt_keys *keys, struct str part)
{
    struct view *head = decode(a, part);
    const char *name;
    struct view *value;
    if (!head || !text_is(head, "alg", ALGORITHM) || !text_is(head, "typ", TYPE))
        return NULL;
    if (view_member(head, 3, &name, &value)) /* crit, jku, jwk, x5u …: not ours */
        return NULL;
    for (int i = 0; i < keys->count; i++)
        if (text_is(head, "kid", keys->keys[i].id))
            return &keys->keys[i];
    return NULL;
}

static bool read_subject(const char *subject, struct jwt_claims *out)
{
    struct str id = str_of(subject);
    struct str kind = str_cut(&id, ':');
    for (enum actor_kind k = ACTOR_CUSTOMER; k <= ACTOR_STAFF; k++) {
        if (str_is(kind, kinds[k])) {
            out->kind = k;
            return str_int(id, &out->id) && out->id > 0;
        }
    }
    return false;
}

bool jwt_read(struct arena *a, const struct jwt_keys *keys, const char *token, struct jwt_claims *out)
{
    struct str rest = { token, token ? strnlen(token, JWT_MAX + 1) : 0 };
    if (rest.n == 0 || rest.n > JWT_MAX)
        return false;
    struct str whole = rest;
    struct str head = str_cut(&rest, '.'), body = str_cut(&rest, '.');
    if (head.n == 0 || body.n == 0 || rest.n != SIGNATURE_CHARS)
        return false;
    const struct key *key = header_key(a, keys, head);
    if (!key)
        return false;
    struct str signed_part = { whole.p, head.n + 1 + body.n };
    if (!crypto_str_equal(rest, str_of(signature(a, key, signed_part))))
        return false;
    struct view *claims = decode(a, body);
    const char *subject = view_get_text(claims, "sub");
    if (!claims || !subject || !text_is(claims, "iss", keys->issuer) || !text_is(claims, "aud", keys->issuer))
        return false;
    memset(out, 0, sizeof(*out));
    out->session_id = view_get_int(claims, "sid", 0);
    out->issued_at = view_get_int(claims, "nbf", 0);
    out->expires_at = view_get_int(claims, "exp", 0);
    return read_subject(subject, out) && out->session_id > 0 && out->issued_at > 0 && out->expires_at > 0;
}

bool jwt_in_time(const struct jwt_claims *claims, int64_t now)
{
    return claims->issued_at <= now && now < claims->expires_at;
}
