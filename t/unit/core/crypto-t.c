/* Published vectors, encodings, passwords, randomness. */
#include "core/crypto.h"

#include "core/arena.h"
#include "tap.h"

static void test_digests(struct arena *a)
{
    uint8_t sum[SHA256_BYTES];
    is_str(crypto_sha256_hex(a, STR("abc")),
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "SHA-256");
    is_str(crypto_sha256_hex(a, str_of(NULL)),
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "of nothing");
    crypto_sha1(STR("abc"), sum);
    is_str(crypto_hex(a, sum, 20), "a9993e364706816aba3e25717850c26c9cd0d89d", "SHA-1 (FIPS 180)");
    is_str(crypto_hmac_sha256_hex(a, STR("Jefe"), STR("what do ya want for nothing?")),
           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "HMAC (RFC 4231)");
    crypto_hmac_sha1(STR("Jefe"), STR("what do ya want for nothing?"), sum);
    is_str(crypto_hex(a, sum, 20), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "HMAC (RFC 2202)");
    is_str(crypto_hmac_sha256_hex(a, STR(""), STR("")),
           "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", "HMAC of nothing");
}

static void test_derive(struct arena *a)
{
    uint8_t one[SHA256_BYTES], same[SHA256_BYTES], other[SHA256_BYTES];
    struct str master = STR("0123456789abcdef0123456789abcdef");
    crypto_derive(master, "session", one);
    crypto_derive(master, "session", same);
    crypto_derive(master, "captcha", other);
    ok(crypto_equal(one, same, sizeof(one)), "one purpose, one key");
    ok(!crypto_equal(one, other, sizeof(one)), "another purpose, another key");
    /* HKDF written out: extract with a salt of zeros, then one block of expand. */
    uint8_t zeros[SHA256_BYTES] = { 0 }, prk[SHA256_BYTES], okm[SHA256_BYTES];
    crypto_hmac_sha256((struct str){ (char *)zeros, sizeof(zeros) }, master, prk);
    crypto_hmac_sha256((struct str){ (char *)prk, sizeof(prk) }, STR("session\x01"), okm);
    is_str(crypto_hex(a, one, sizeof(one)), crypto_hex(a, okm, sizeof(okm)), "HKDF (RFC 5869)");
}

static void test_encodings(struct arena *a)
{
    static const struct {
        const char *plain, *base32, *base64;
    } rows[] = {
        { "", "", "" },
        { "f", "MY", "Zg==" },
        { "fo", "MZXQ", "Zm8=" },
        { "foo", "MZXW6", "Zm9v" },
        { "foob", "MZXW6YQ", "Zm9vYg==" },
        { "fooba", "MZXW6YTB", "Zm9vYmE=" },
        { "foobar", "MZXW6YTBOI", "Zm9vYmFy" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str back = { 0 };
        size_t n = strlen(rows[i].plain);
        is_str(crypto_base32(a, rows[i].plain, n), rows[i].base32, "base32 (RFC 4648)");
        is_str(crypto_base64(a, rows[i].plain, n), rows[i].base64, "base64 (RFC 4648)");
        ok(crypto_base32_decode(a, str_of(rows[i].base32), &back) && str_is(back, rows[i].plain),
           "base32 back");
        ok(crypto_base64_decode(a, str_of(rows[i].base64), &back) && str_is(back, rows[i].plain),
           "base64 back");
        const char *url = crypto_base64url(a, rows[i].plain, n);
        ok(!strchr(url, '=') && crypto_base64_decode(a, str_of(url), &back) &&
               str_is(back, rows[i].plain), "base64 without padding");
    }
    is_str(crypto_base64url(a, "\xfb\xff\xfe", 3), "-__-", "the URL alphabet");
    is_str(crypto_base64(a, "\xfb\xff\xfe", 3), "+//+", "the standard alphabet");
    is_str(crypto_hex(a, "\x00\xff\x5a", 3), "00ff5a", "hex");
}

static void test_strictness(struct arena *a)
{
    static const char *const bad64[] = { "Z", "Zg=", "Zg===", "Zh==", "Z g=", "Zm9v\n", "Zm-v",
                                         "====", "Zm9vY", "A", "AAAAA", "é" };
    struct str out;
    for (size_t i = 0; i < sizeof(bad64) / sizeof(bad64[0]); i++)
        ok(!crypto_base64_decode(a, str_of(bad64[i]), &out), "base64 refuses %zu", i);
    ok(!crypto_base64url_decode(a, STR("Zg=="), &out), "base64url takes no padding");
    ok(!crypto_base64url_decode(a, STR("+//+"), &out), "nor the other alphabet");
    ok(!crypto_base64url_decode(a, STR("Zh"), &out), "nor stray bits");
    ok(!crypto_base32_decode(a, STR("M"), &out) && !crypto_base32_decode(a, STR("MZ1"), &out) &&
           !crypto_base32_decode(a, STR("AAA"), &out),
       "base32 refuses");
    ok(crypto_base32_decode(a, STR("mzxw6"), &out) && str_is(out, "foo"), "small letters");
    uint8_t bytes[3];
    ok(crypto_unhex(STR("00fF5a"), bytes, 3) && memcmp(bytes, "\x00\xff\x5a", 3) == 0, "unhex");
    ok(!crypto_unhex(STR("00ff5"), bytes, 3) && !crypto_unhex(STR("00ff5a00"), bytes, 3) &&
           !crypto_unhex(STR("00fg5a"), bytes, 3), "unhex refuses");
    uint8_t all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    for (size_t n = 0; n <= 256; n++) {
        struct str b32, b64;
        if (!crypto_base32_decode(a, str_of(crypto_base32(a, all, n)), &b32) ||
            !crypto_base64url_decode(a, str_of(crypto_base64url(a, all, n)), &b64) || b32.n != n ||
            b64.n != n || memcmp(b32.p, all, n) != 0 || memcmp(b64.p, all, n) != 0)
            ok(false, "round trip of %zu bytes", n);
    }
}

static void test_random(struct arena *a)
{
    const char *token = crypto_token(a, 32);
    is_int((int64_t)strlen(token), 43, "a token of 32 bytes");
    ok(strcmp(token, crypto_token(a, 32)) != 0, "tokens differ");
    const char *uuid = crypto_uuid(a);
    ok(strlen(uuid) == 36 && uuid[14] == '4' && strchr("89ab", uuid[19]) && uuid[8] == '-' &&
           uuid[13] == '-' && uuid[18] == '-' && uuid[23] == '-', "uuid %s", uuid);
    unsigned seen[10] = { 0 };
    for (int i = 0; i < 10000; i++)
        seen[crypto_random_below(10)]++;
    bool even = true;
    for (int i = 0; i < 10; i++)
        even &= seen[i] > 800 && seen[i] < 1200; /* six sigma on either side */
    ok(even, "random_below is even");
    is_int(crypto_random_below(1), 0, "below 1 there is 0");
    ok(crypto_str_equal(STR("abc"), STR("abc")) && !crypto_str_equal(STR("abc"), STR("abd")) &&
           !crypto_str_equal(STR("abc"), STR("ab")), "comparison");
    char secret[] = "secret";
    crypto_wipe(secret, sizeof(secret));
    ok(secret[0] == 0 && secret[5] == 0, "wipe");
}

static void test_sealing(struct arena *a)
{
    uint8_t key[SHA256_BYTES], other[SHA256_BYTES];
    struct str plain = { 0 };
    crypto_random(key, sizeof(key));
    crypto_random(other, sizeof(other));
    struct str sealed = crypto_seal(a, key, STR("staff 7"), STR("JBSWY3DPEHPK3PXP"));
    ok(crypto_open(a, key, STR("staff 7"), sealed, &plain) && str_is(plain, "JBSWY3DPEHPK3PXP"),
       "what was sealed can be opened");
    ok(!str_eq(sealed, crypto_seal(a, key, STR("staff 7"), STR("JBSWY3DPEHPK3PXP"))),
       "no two are alike");
    ok(!crypto_open(a, other, STR("staff 7"), sealed, &plain), "another key");
    ok(!crypto_open(a, key, STR("staff 8"), sealed, &plain), "bound to something else");
    ok(!crypto_open(a, key, STR("staff 7"), (struct str){ sealed.p, 27 }, &plain), "too short");
    char *changed = arena_strndup(a, sealed.p, sealed.n);
    unsigned opened = 0;
    for (size_t i = 0; i < sealed.n; i++) {
        changed[i] ^= 1;
        opened += crypto_open(a, key, STR("staff 7"), (struct str){ changed, sealed.n }, &plain);
        changed[i] ^= 1;
    }
    is_int(opened, 0, "any changed byte");
    sealed = crypto_seal(a, key, STR(""), STR(""));
    ok(crypto_open(a, key, STR(""), sealed, &plain) && plain.n == 0, "nothing, bound to nothing");
}

static void test_passwords(struct arena *a)
{
    bool outdated = true;
    const char *stored = crypto_password_hash(a, "گذرواژهٔ درست");
    ok(strncmp(stored, "$scrypt$ln=17,r=8,p=1$", 22) == 0, "form");
    ok(crypto_password_verify(stored, "گذرواژهٔ درست", &outdated) && !outdated, "the right one");
    ok(!crypto_password_verify(stored, "گذرواژهٔ غلط", &outdated), "a wrong one");
    /* RFC 7914, section 12: scrypt("pleaseletmein", "SodiumChloride", 16384, 8, 1). */
    uint8_t rfc[64];
    crypto_unhex(STR("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                     "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"), rfc, 64);
    struct str hash = str_of(crypto_base64(a, rfc, 64));
    const char *known = arena_printf(a, "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$%.*s",
                                     (int)hash.n - 2, hash.p);
    ok(crypto_password_verify(known, "pleaseletmein", &outdated), "scrypt (RFC 7914)");
    ok(outdated, "a lower cost is outdated");
    static const char *const broken[] = {
        "", "$scrypt$", "$scrypt$ln=17,r=8,p=1$$", "$scrypt$ln=30,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
        "$scrypt$ln=-1,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2g", "$argon2id$v=19$m=1,t=1,p=1$c2Fs$aGFz",
    };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        ok(!crypto_password_verify(broken[i], "", &outdated), "unreadable hash %zu", i);
    ok(!crypto_password_verify(NULL, "x", NULL), "no hash");
}

int main(void)
{
    struct arena *a = arena_create("test");
    test_digests(a);
    test_derive(a);
    test_encodings(a);
    test_strictness(a);
    test_random(a);
    test_sealing(a);
    test_passwords(a);
    arena_destroy(a);
    return done();
}
