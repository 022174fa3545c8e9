/* Captcha: a solver of the public protocol passes; everything else does not. */
#include "auth/pow.h"

#include "auth/fixture.h"
#include "core/crypto.h"
#include "core/view.h"
#include "tap.h"

#define NOW 1800000000
#define SALT "00112233445566778899aabb"

static struct arena *a;
static struct key key;

/* As the public client does it: counts up until the hash fits. */
static int64_t solve(const struct view *challenge)
{
    const char *salt = view_get_text(challenge, "salt"), *wanted = view_get_text(challenge, "challenge");
    for (int64_t n = 0; n <= view_get_int(challenge, "maxnumber", 0); n++) {
        const char *text = arena_printf(a, "%s%lld", salt, (long long)n);
        if (strcmp(crypto_sha256_hex(a, str_of(text)), wanted) == 0)
            return n;
    }
    return -1;
}

static const char *payload(const char *algorithm, const char *challenge, const char *number, const char *salt,
                           const char *signature)
{
    const char *json = arena_printf(a, "{\"algorithm\":\"%s\",\"challenge\":\"%s\",\"number\":%s,\"salt\":\"%s\","
                                       "\"signature\":\"%s\",\"took\":12}", algorithm, challenge, number, salt, signature);
    return crypto_base64(a, json, strlen(json));
}

static bool passes(const char *text, int64_t now)
{
    struct pow_solution solution;
    return pow_check(a, &key, text, now, &solution);
}

/* A challenge over a salt of the caller's choice, signed by us. */
static const char *with_salt(const char *salt)
{
    const char *hash = crypto_sha256_hex(a, str_of(arena_printf(a, "%s5", salt)));
    return payload("SHA-256", hash, "5", salt, crypto_hmac_sha256_hex(a, key_str(&key), str_of(hash)));
}

int main(void)
{
    a = arena_create("test");
    key_get(&fixture_conf, KEY_CAPTCHA, 0, &key);
    struct view *c = view_new(a);
    pow_make(c, a, &key, SALT, 777, 1000, NOW + 600);
    const char *challenge = view_get_text(c, "challenge"), *salt = view_get_text(c, "salt");
    const char *signature = view_get_text(c, "signature");
    is_str(view_get_text(c, "algorithm"), "SHA-256", "algorithm");
    is_str(salt, SALT "?expires=1800000600&", "the salt carries its expiry and ends with &");
    is_int(solve(c), 777, "the public client finds the number");
    const char *good = payload("SHA-256", challenge, "777", salt, signature);
    struct pow_solution solution;
    ok(pow_check(a, &key, good, NOW, &solution), "a solution passes");
    is_str(solution.signature, signature, "and is known by its signature");
    is_int(solution.expires_at, NOW + 600, "and its expiry");
    ok(!passes(good, NOW + 600), "expired");
    ok(!passes(payload("SHA-256", challenge, "776", salt, signature), NOW), "wrong number");
    ok(!passes(payload("SHA-256", challenge, "-1", salt, signature), NOW), "negative number");
    ok(!passes(payload("SHA-1", challenge, "777", salt, signature), NOW), "another algorithm");
    ok(!passes(payload("SHA-256", challenge, "777", SALT "?expires=1900000000&", signature), NOW), "a later expiry");
    ok(!passes(payload("SHA-256", challenge, "77", SALT "?expires=1800000600&7", signature), NOW), "digits moved into the salt");
    ok(!passes(payload("SHA-256", challenge, "777", salt, "00"), NOW), "wrong signature");
    const char *own = crypto_sha256_hex(a, str_of(arena_printf(a, "%s1", salt)));
    ok(!passes(payload("SHA-256", own, "1", salt, signature), NOW), "an easier challenge under a stolen signature");
    ok(passes(with_salt(SALT "?expires=1800000600&"), NOW), "the helper signs what would pass");
    ok(!passes(with_salt(SALT), NOW), "no expiry, though signed");
    ok(!passes(with_salt(SALT "?expires=1800000600"), NOW), "salt without its end");
    ok(!passes(with_salt(SALT "?expires=&"), NOW), "empty expiry");
    ok(!passes(with_salt(SALT "?expires=1800000600&expires=1&"), NOW), "two expiries");
    ok(!passes(with_salt("00?expires=1800000600&"), NOW), "hardly any salt");
    ok(!passes("", NOW) && !passes("!!!", NOW) && !passes("e30=", NOW) && !passes("W10=", NOW), "nothing, noise, {} and []");
    char *huge = arena_alloc(a, 10001);
    memset(huge, 'A', 10000);
    ok(!passes(huge, NOW), "far too long");
    struct key other;
    struct conf changed = fixture_conf;
    changed.secret_key = "fedcba9876543210fedcba9876543210";
    key_get(&changed, KEY_CAPTCHA, 0, &other);
    ok(!pow_check(a, &other, good, NOW, &solution), "another shop's key");
    arena_destroy(a);
    return done();
}
