/* Small secrets kept in the database, sealed for their place. */
#include "auth/seal.h"

#include "auth/keys.h"
#include "core/crypto.h"
#include "core/op.h"

const char *seal(struct op *op, const char *place, struct str plain)
{
    struct key key;
    key_get(op->conf, KEY_SEAL, 0, &key);
    struct str sealed = crypto_seal(op->arena, key.bytes, str_of(place), plain);
    crypto_wipe(&key, sizeof(key));
    return crypto_base64url(op->arena, sealed.p, sealed.n);
}

bool unseal(struct op *op, const char *place, const char *sealed, struct str *plain)
{
    struct str bytes;
    struct key key;
    if (!sealed || !crypto_base64url_decode(op->arena, str_of(sealed), &bytes))
        return false;
    for (int g = 0; g < KEY_GENERATIONS && key_get(op->conf, KEY_SEAL, g, &key); g++)
        if (crypto_open(op->arena, key.bytes, str_of(place), bytes, plain))
            return true;
    return false;
}
