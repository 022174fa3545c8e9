/* Access tokens: what is accepted, and a table of what must not be. */
#include "auth/jwt.h"

#include "auth/fixture.h"
#include "core/crypto.h"
#include "tap.h"

#define NOW 1800000000

static struct arena *a;
static struct jwt_keys keys;

static const char *part(const char *json)
{
    return crypto_base64url(a, json, strlen(json));
}

/* A token with any header and claims, signed with our key. */
static const char *forge(const char *head, const char *body)
{
    uint8_t mac[SHA256_BYTES];
    const char *text = arena_printf(a, "%s.%s", part(head), part(body));
    crypto_hmac_sha256(key_str(&keys.keys[0]), str_of(text), mac);
    return arena_printf(a, "%s.%s", text, crypto_base64url(a, mac, sizeof(mac)));
}

static const char *head_with(const char *alg, const char *typ, const char *kid, const char *more)
{
    return arena_printf(a, "{\"alg\":\"%s\",\"typ\":\"%s\",\"kid\":\"%s\"%s}", alg, typ, kid, more);
}

#define BODY "{\"iss\":\"https://shop.example\",\"aud\":\"https://shop.example\",\"sub\":\"customer:7\"," \
             "\"sid\":3,\"iat\":1800000000,\"nbf\":1800000000,\"exp\":1800000900}"

static void refused(const char *token, const char *name)
{
    struct jwt_claims claims;
    ok(!jwt_read(a, &keys, token, &claims), "%s", name);
}

static void headers(void)
{
    const char *kid = keys.keys[0].id;
    struct jwt_claims claims;
    ok(jwt_read(a, &keys, forge(head_with("HS256", "at+jwt", kid, ""), BODY), &claims), "our own shape passes");
    refused(forge(head_with("none", "at+jwt", kid, ""), BODY), "alg none, though signed");
    refused(arena_printf(a, "%s.%s.", part(head_with("none", "at+jwt", kid, "")), part(BODY)), "alg none, unsigned");
    refused(forge(head_with("HS512", "at+jwt", kid, ""), BODY), "another algorithm");
    refused(forge(head_with("RS256", "at+jwt", kid, ""), BODY), "another family");
    refused(forge(head_with("hs256", "at+jwt", kid, ""), BODY), "algorithm in small letters");
    refused(forge(head_with("HS256", "JWT", kid, ""), BODY), "another type");
    refused(forge(head_with("HS256", "at+jwt", "ffffffff", ""), BODY), "unknown kid");
    refused(forge("{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", BODY), "no kid");
    refused(forge(head_with("HS256", "at+jwt", kid, ",\"jku\":\"https://x\""), BODY), "a key address of its own");
    refused(forge(head_with("HS256", "at+jwt", kid, ",\"crit\":[\"b64\"]"), BODY), "critical extensions");
    refused(forge("[]", BODY), "header is no object");
}

static void claims_of(void)
{
    const char *head = head_with("HS256", "at+jwt", keys.keys[0].id, "");
    static const struct { const char *body, *name; } bad[] = {
        { "{\"iss\":\"https://shop.example\",\"aud\":\"other\",\"sub\":\"customer:7\",\"sid\":3,\"nbf\":1,\"exp\":2}", "another audience" },
        { "{\"iss\":\"https://evil\",\"aud\":\"https://shop.example\",\"sub\":\"customer:7\",\"sid\":3,\"nbf\":1,\"exp\":2}", "another issuer" },
        { "{\"iss\":\"https://shop.example\",\"aud\":\"https://shop.example\",\"sub\":\"system:7\",\"sid\":3,\"nbf\":1,\"exp\":2}", "a subject nobody has" },
        { "{\"iss\":\"https://shop.example\",\"aud\":\"https://shop.example\",\"sub\":\"customer:0\",\"sid\":3,\"nbf\":1,\"exp\":2}", "subject zero" },
        { "{\"iss\":\"https://shop.example\",\"aud\":\"https://shop.example\",\"sub\":\"customer:7\",\"nbf\":1,\"exp\":2}", "no session" },
        { "{\"iss\":\"https://shop.example\",\"aud\":\"https://shop.example\",\"sub\":\"customer:7\",\"sid\":3,\"nbf\":1}", "no end" },
        { "{\"iss\":\"https://shop.example\",\"aud\":\"https://shop.example\",\"sub\":\"customer:7\",\"sid\":3,\"exp\":2}", "no beginning" },
        { "{\"iss\":\"https://shop.example\",\"aud\":\"https://shop.example\",\"sid\":3,\"nbf\":1,\"exp\":2}", "no subject" },
        { "7", "no object" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refused(forge(head, bad[i].body), bad[i].name);
}

static void signatures(void)
{
    struct jwt_claims in = { .kind = ACTOR_STAFF, .id = 5, .session_id = 9, .issued_at = NOW, .expires_at = NOW + 900 }, out;
    const char *token = jwt_sign(a, &keys, &in);
    ok(jwt_read(a, &keys, token, &out), "what was signed is read");
    is_int(out.kind, ACTOR_STAFF, "kind");
    is_int(out.id, 5, "id");
    is_int(out.session_id, 9, "session");
    ok(jwt_in_time(&out, NOW) && jwt_in_time(&out, NOW + 899), "good from its beginning to its end");
    ok(!jwt_in_time(&out, NOW + 900), "expired at its end");
    ok(!jwt_in_time(&out, NOW - 1), "not good before its beginning");
    size_t n = strlen(token);
    int passed = 0;
    for (size_t i = 0; i < n; i++) /* every prefix */
        passed += jwt_read(a, &keys, arena_strndup(a, token, i), &out);
    is_int(passed, 0, "no truncated token passes");
    for (size_t i = 0; i + 1 < n; i++) { /* every character but the last, whose low bits are unused */
        char *t = arena_strdup(a, token);
        t[i] = t[i] == 'A' ? 'B' : 'A';
        passed += jwt_read(a, &keys, t, &out);
    }
    is_int(passed, 0, "no altered token passes");
    refused(arena_printf(a, "%sA", token), "something behind the signature");
    refused(arena_printf(a, "%s.x", token), "a fourth part");
    refused(NULL, "nothing");
    refused("", "empty");
    char *huge = arena_alloc(a, 100000);
    memset(huge, 'a', 99999);
    refused(huge, "far too long");
}

static void rotation(void)
{
    struct conf next = fixture_conf;
    next.secret_key = "fedcba9876543210fedcba9876543210";
    next.secret_previous_key = fixture_conf.secret_key;
    struct jwt_keys rotated;
    struct jwt_claims in = { .kind = ACTOR_CUSTOMER, .id = 1, .session_id = 1, .issued_at = NOW, .expires_at = NOW + 1 }, out;
    jwt_keys_load(&next, &rotated);
    ok(jwt_read(a, &rotated, jwt_sign(a, &keys, &in), &out), "a token of the previous key is still read");
    ok(jwt_read(a, &rotated, jwt_sign(a, &rotated, &in), &out), "and one of the new key");
    ok(!jwt_read(a, &keys, jwt_sign(a, &rotated, &in), &out), "whoever has only the old key does not read the new");
}

int main(void)
{
    a = arena_create("test");
    jwt_keys_load(&fixture_conf, &keys);
    headers();
    claims_of();
    signatures();
    rotation();
    arena_destroy(a);
    return done();
}
