/* Access tokens: no input is one of ours, because none was signed. */
#include "auth/jwt.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    struct jwt_keys keys;
    struct jwt_claims claims;
    fuzz_begin(&f, data, size);
    jwt_keys_load(&fuzz_conf, &keys);
    MUST(!jwt_read(f.op.arena, &keys, f.text, &claims));
    /* The same as claims under a good signature, so that what is behind it is reached. */
    uint8_t mac[SHA256_BYTES];
    const char *json = arena_printf(f.op.arena, "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", keys.keys[0].id);
    const char *part = arena_printf(f.op.arena, "%s.%s", crypto_base64url(f.op.arena, json, strlen(json)),
                                    crypto_base64url(f.op.arena, f.text, size));
    crypto_hmac_sha256(key_str(&keys.keys[0]), str_of(part), mac);
    if (jwt_read(f.op.arena, &keys, arena_printf(f.op.arena, "%s.%s", part, crypto_base64url(f.op.arena, mac, sizeof(mac))), &claims))
        MUST(claims.id > 0 && claims.session_id > 0 && (claims.kind == ACTOR_CUSTOMER || claims.kind == ACTOR_STAFF));
    return fuzz_end(&f);
}
