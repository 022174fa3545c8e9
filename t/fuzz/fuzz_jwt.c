/* Access tokens: nothing that we did not sign is ever accepted. */
#include "fuzz.h"
#include "auth/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jwt_keys keys;
    struct jwt_claims claims;
    fresh();
    jwt_keys_load(&fuzz_conf, &keys);
    const char *token = text_of(data, size);
    if (!jwt_read(arena, &keys, token, &claims))
        return 0;
    /* Only our own token passes: signing its claims again must give it back. */
    MUST(strcmp(jwt_sign(arena, &keys, &claims), token) == 0);
    return 0;
}
