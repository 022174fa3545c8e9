/* Digests, keys, tokens and passwords through OpenSSL's EVP. */
#include "core/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/assert.h"
#include "core/codec.h"

/* The present cost of a password; older hashes are told by *outdated. */
#define SCRYPT_LN 17
#define SCRYPT_R 8
#define SCRYPT_P 1
#define SCRYPT_MAX_MEMORY (UINT64_C(256) * 1024 * 1024)
#define SALT_BYTES 16
#define HASH_BYTES 32
#define NONCE_BYTES 12
#define TAG_BYTES 16

struct scrypt {
    int ln, r, p;
    uint8_t salt[64], hash[64];
    size_t salt_n, hash_n;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    char reason[160];
    ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
    fprintf(stderr, "tarazu: OpenSSL: %s failed: %s\n", what, reason);
    abort();
}

static void digest(const EVP_MD *md, struct str data, uint8_t *out)
{
    must(EVP_Digest(data.p, data.n, out, NULL, md, NULL) == 1, "digest");
}

static void hmac(const char *md, struct str key, struct str data, uint8_t *out, size_t n)
{
    size_t written;
    const void *secret = key.n > 0 ? key.p : ""; /* NULL would mean "no key set" */
    must(EVP_Q_mac(NULL, "HMAC", NULL, md, NULL, secret, key.n, (const uint8_t *)data.p, data.n,
                   out, n, &written) != NULL && written == n, "HMAC");
}

static bool cost_is_bearable(const struct scrypt *s)
{
    return s->ln >= 10 && s->ln <= 20 && s->r >= 1 && s->r <= 32 && s->p >= 1 && s->p <= 16 &&
           (UINT64_C(128) * (uint64_t)s->r << s->ln) < SCRYPT_MAX_MEMORY;
}

static void scrypt(const struct scrypt *s, const char *password, uint8_t *out, size_t n)
{
    must(EVP_PBE_scrypt(password, strlen(password), s->salt, s->salt_n, UINT64_C(1) << s->ln,
                        (uint64_t)s->r, (uint64_t)s->p, SCRYPT_MAX_MEMORY, out, n) == 1,
         "scrypt");
}

static bool take_parameter(struct str *s, const char *name, int *out)
{
    int64_t value;
    struct str part = str_cut(s, ',');
    if (!str_starts(part, name))
        return false;
    part.p += strlen(name);
    part.n -= strlen(name);
    if (!str_int(part, &value) || value < 0 || value > 1000)
        return false;
    *out = (int)value;
    return true;
}

static bool take_bytes(struct str text, uint8_t out[64], size_t *n)
{
    return text.n <= 86 && codec_decode(&codec_base64, text, out, n) && *n >= 8;
}

static bool parse_stored(const char *stored, struct scrypt *s)
{
    struct str rest = str_of(stored);
    if (!str_starts(rest, "$scrypt$"))
        return false;
    str_cut(&rest, '$');
    str_cut(&rest, '$');
    struct str parameters = str_cut(&rest, '$');
    struct str salt = str_cut(&rest, '$');
    return take_parameter(&parameters, "ln=", &s->ln) &&
           take_parameter(&parameters, "r=", &s->r) && take_parameter(&parameters, "p=", &s->p) &&
           parameters.n == 0 && take_bytes(salt, s->salt, &s->salt_n) &&
           take_bytes(rest, s->hash, &s->hash_n) && cost_is_bearable(s);
}

void crypto_random(void *out, size_t n)
{
    uint8_t *p = out;
    while (n > 0) {
        int part = n > 65536 ? 65536 : (int)n;
        must(RAND_bytes(p, part) == 1, "random");
        p += part;
        n -= (size_t)part;
    }
}

uint32_t crypto_random_below(uint32_t bound)
{
    ASSERT(bound > 0);
    uint32_t reject = -bound % bound; /* 2^32 mod bound values would make it uneven */
    uint32_t value;
    do
        crypto_random(&value, sizeof(value));
    while (value < reject);
    return value % bound;
}

const char *crypto_token(struct arena *a, size_t n)
{
    uint8_t *bytes = arena_alloc(a, n);
    crypto_random(bytes, n);
    const char *token = crypto_base64url(a, bytes, n);
    crypto_wipe(bytes, n);
    return token;
}

const char *crypto_uuid(struct arena *a)
{
    uint8_t b[16];
    crypto_random(b, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    const char *hex = crypto_hex(a, b, sizeof(b));
    return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

void crypto_sha256(struct str data, uint8_t out[SHA256_BYTES])
{
    digest(EVP_sha256(), data, out);
}

void crypto_sha1(struct str data, uint8_t out[20])
{
    digest(EVP_sha1(), data, out);
}

void crypto_hmac_sha256(struct str key, struct str data, uint8_t out[SHA256_BYTES])
{
    hmac("SHA256", key, data, out, SHA256_BYTES);
}

void crypto_hmac_sha1(struct str key, struct str data, uint8_t out[20])
{
    hmac("SHA1", key, data, out, 20);
}

const char *crypto_sha256_hex(struct arena *a, struct str data)
{
    uint8_t sum[SHA256_BYTES];
    crypto_sha256(data, sum);
    return crypto_hex(a, sum, sizeof(sum));
}

const char *crypto_hmac_sha256_hex(struct arena *a, struct str key, struct str data)
{
    uint8_t sum[SHA256_BYTES];
    crypto_hmac_sha256(key, data, sum);
    return crypto_hex(a, sum, sizeof(sum));
}

void crypto_derive(struct str master, const char *purpose, uint8_t out[SHA256_BYTES])
{
    char sha256[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)master.p,
                                          master.n),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)purpose,
                                          strlen(purpose)),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    must(kdf != NULL, "HKDF");
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    must(ctx && EVP_KDF_derive(ctx, out, SHA256_BYTES, params) == 1, "HKDF");
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

bool crypto_str_equal(struct str a, struct str b)
{
    return a.n == b.n && crypto_equal(a.p, b.p, a.n);
}

void crypto_wipe(void *p, size_t n)
{
    OPENSSL_cleanse(p, n);
}

struct str crypto_seal(struct arena *a, const uint8_t key[SHA256_BYTES], struct str bound,
                       struct str plain)
{
    size_t n = NONCE_BYTES + plain.n + TAG_BYTES;
    uint8_t *out = arena_alloc(a, n);
    int written = 0;
    crypto_random(out, NONCE_BYTES);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    must(ctx && EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), key, out, NULL) == 1 &&
         EVP_EncryptUpdate(ctx, NULL, &written, (const uint8_t *)bound.p, (int)bound.n) == 1 &&
         EVP_EncryptUpdate(ctx, out + NONCE_BYTES, &written, (const uint8_t *)plain.p,
                           (int)plain.n) == 1 &&
         EVP_EncryptFinal_ex(ctx, out + NONCE_BYTES + written, &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, out + n - TAG_BYTES) == 1,
         "seal");
    EVP_CIPHER_CTX_free(ctx);
    return (struct str){ (const char *)out, n };
}

bool crypto_open(struct arena *a, const uint8_t key[SHA256_BYTES], struct str bound,
                 struct str sealed, struct str *plain)
{
    if (sealed.n < NONCE_BYTES + TAG_BYTES)
        return false;
    const uint8_t *in = (const uint8_t *)sealed.p;
    size_t n = sealed.n - NONCE_BYTES - TAG_BYTES;
    uint8_t *out = arena_alloc(a, n + 1), tag[TAG_BYTES];
    int written = 0;
    memcpy(tag, in + NONCE_BYTES + n, TAG_BYTES);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    must(ctx && EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), key, in, NULL) == 1 &&
         EVP_DecryptUpdate(ctx, NULL, &written, (const uint8_t *)bound.p, (int)bound.n) == 1 &&
         EVP_DecryptUpdate(ctx, out, &written, in + NONCE_BYTES, (int)n) == 1 &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1, "open");
    bool genuine = EVP_DecryptFinal_ex(ctx, out + written, &written) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (genuine)
        *plain = (struct str){ (const char *)out, n };
    return genuine;
}

const char *crypto_password_hash(struct arena *a, const char *password)
{
    struct scrypt s = { .ln = SCRYPT_LN, .r = SCRYPT_R, .p = SCRYPT_P, .salt_n = SALT_BYTES };
    crypto_random(s.salt, s.salt_n);
    scrypt(&s, password, s.hash, HASH_BYTES);
    const char *text = arena_printf(a, "$scrypt$ln=%d,r=%d,p=%d$%s$%s", s.ln, s.r, s.p,
                                    codec_encode(a, &codec_base64, s.salt, s.salt_n),
                                    codec_encode(a, &codec_base64, s.hash, HASH_BYTES));
    crypto_wipe(&s, sizeof(s));
    return text;
}

/* Without a stored hash, or with one that cannot be read, the same work is done for nothing: the
 * time must not tell which accounts exist. */
bool crypto_password_verify(const char *stored, const char *password, bool *outdated)
{
    struct scrypt s;
    uint8_t hash[64];
    bool readable = stored && parse_stored(stored, &s);
    if (!readable)
        s = (struct scrypt){ .ln = SCRYPT_LN, .r = SCRYPT_R, .p = SCRYPT_P, .salt_n = SALT_BYTES,
                             .hash_n = HASH_BYTES };
    scrypt(&s, password, hash, s.hash_n);
    bool same = crypto_equal(hash, s.hash, s.hash_n) && readable;
    if (outdated)
        *outdated = s.ln < SCRYPT_LN || s.r < SCRYPT_R || s.p < SCRYPT_P;
    crypto_wipe(hash, sizeof(hash));
    crypto_wipe(&s, sizeof(s));
    return same;
}

const char *crypto_hex(struct arena *a, const void *p, size_t n)
{
    return codec_encode(a, &codec_hex, p, n);
}

bool crypto_unhex(struct str hex, void *out, size_t n)
{
    size_t written;
    return hex.n == n * 2 && codec_decode(&codec_hex, hex, out, &written);
}

const char *crypto_base64url(struct arena *a, const void *p, size_t n)
{
    return codec_encode(a, &codec_base64url, p, n);
}

bool crypto_base64url_decode(struct arena *a, struct str s, struct str *out)
{
    return codec_decode_alloc(a, &codec_base64url, s, out);
}

bool crypto_base64_decode(struct arena *a, struct str s, struct str *out)
{
    if (s.n % 4 == 0)
        s.n -= str_ends(s, "==") ? 2 : str_ends(s, "=") ? 1 : 0;
    return codec_decode_alloc(a, &codec_base64, s, out);
}

const char *crypto_base64(struct arena *a, const void *p, size_t n)
{
    static const char *const padding[] = { "", "==", "=" }; /* by n mod 3 */
    return arena_printf(a, "%s%s", codec_encode(a, &codec_base64, p, n), padding[n % 3]);
}

const char *crypto_base32(struct arena *a, const void *p, size_t n)
{
    return codec_encode(a, &codec_base32, p, n);
}

bool crypto_base32_decode(struct arena *a, struct str s, struct str *out)
{
    return codec_decode_alloc(a, &codec_base32, s, out);
}
