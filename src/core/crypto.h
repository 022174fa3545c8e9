/* Cryptography, all through OpenSSL: the one file that includes it. Failure of the library is a bug
 * or a lack of entropy and aborts. Any process. */
#ifndef CORE_CRYPTO_H
#define CORE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

struct arena;

#define SHA256_BYTES 32

void crypto_random(void *out, size_t n);
uint32_t crypto_random_below(uint32_t bound); /* uniform, 0 … bound-1 */
/* n random bytes as base64url without padding (opaque tokens). */
const char *crypto_token(struct arena *a, size_t n);
const char *crypto_uuid(struct arena *a); /* random (version 4), lower case */

void crypto_sha256(struct str data, uint8_t out[SHA256_BYTES]);
void crypto_sha1(struct str data, uint8_t out[20]); /* TOTP and the ALTCHA option only */
void crypto_hmac_sha256(struct str key, struct str data, uint8_t out[SHA256_BYTES]);
void crypto_hmac_sha1(struct str key, struct str data, uint8_t out[20]);
const char *crypto_sha256_hex(struct arena *a, struct str data);
const char *crypto_hmac_sha256_hex(struct arena *a, struct str key, struct str data);
/* HKDF-SHA256: a key for one purpose out of the master secret. */
void crypto_derive(struct str master, const char *purpose, uint8_t out[SHA256_BYTES]);
bool crypto_equal(const void *a, const void *b, size_t n); /* constant time */
bool crypto_str_equal(struct str a, struct str b);         /* constant time for equal lengths */
void crypto_wipe(void *p, size_t n);

/* Authenticated encryption (AES-256-GCM, random nonce): nonce | ciphertext | tag. `bound` is
 * authenticated and not stored. open: false when anything differs. */
struct str crypto_seal(struct arena *a, const uint8_t key[SHA256_BYTES], struct str bound,
                       struct str plain);
bool crypto_open(struct arena *a, const uint8_t key[SHA256_BYTES], struct str bound,
                 struct str sealed, struct str *plain);

/* scrypt as a PHC-like string "$scrypt$ln=17,r=8,p=1$salt$hash". verify tells by *outdated whether
 * the stored cost is below the present one. About half a second and 128 MiB at ln=17. */
const char *crypto_password_hash(struct arena *a, const char *password);
bool crypto_password_verify(const char *stored, const char *password, bool *outdated);

const char *crypto_hex(struct arena *a, const void *p, size_t n);
bool crypto_unhex(struct str hex, void *out, size_t n); /* exactly n bytes */
const char *crypto_base64url(struct arena *a, const void *p, size_t n); /* no padding */
bool crypto_base64url_decode(struct arena *a, struct str s, struct str *out);
/* The standard alphabet, padding optional. */
bool crypto_base64_decode(struct arena *a, struct str s, struct str *out);
const char *crypto_base64(struct arena *a, const void *p, size_t n);
const char *crypto_base32(struct arena *a, const void *p, size_t n); /* RFC 4648, no padding */
bool crypto_base32_decode(struct arena *a, struct str s, struct str *out);

#endif
