/* Keys of this part of the shop, each derived from the master secret for one purpose. Generation 0
 * is secret.key, generation 1 secret.previous_key: new things are made with 0, old things are still
 * understood with 1, so rotating the master secret logs nobody out. Any process. */
#ifndef AUTH_KEYS_H
#define AUTH_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/crypto.h"

struct conf;

enum key_use { KEY_JWT, KEY_REFRESH, KEY_OTP, KEY_CAPTCHA, KEY_SEAL, KEY_AUDIT, KEY_USE_COUNT };

#define KEY_GENERATIONS 2
#define KEY_ID_BYTES 9 /* 8 hex digits and NUL */

struct key {
    uint8_t bytes[SHA256_BYTES];
    char id[KEY_ID_BYTES]; /* public name of the key, stable as long as the key is */
};

/* False when there is no such generation. */
bool key_get(const struct conf *conf, enum key_use use, int generation, struct key *out);
struct str key_str(const struct key *key);

#endif
