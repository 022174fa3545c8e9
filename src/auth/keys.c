/* Keys of this part of the shop, derived from the master secret. */
#include "auth/keys.h"

#include <stdio.h>

#include "core/conf.h"

static const char *const purposes[KEY_USE_COUNT] = {
    [KEY_JWT] = "auth/jwt",         [KEY_REFRESH] = "auth/refresh", [KEY_OTP] = "auth/otp",
    [KEY_CAPTCHA] = "auth/captcha", [KEY_SEAL] = "auth/seal",       [KEY_AUDIT] = "auth/audit",
};

bool key_get(const struct conf *conf, enum key_use use, int generation, struct key *out)
{
    struct str master = str_of(generation == 0 ? conf->secret_key : conf->secret_previous_key);
    if (generation >= KEY_GENERATIONS || master.n == 0)
        return false;
    crypto_derive(master, purposes[use], out->bytes);
    uint8_t digest[SHA256_BYTES];
    crypto_sha256(key_str(out), digest);
    snprintf(out->id, sizeof(out->id), "%02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3]);
    return true;
}

struct str key_str(const struct key *key)
{
    return (struct str){ (const char *)key->bytes, sizeof(key->bytes) };
}
