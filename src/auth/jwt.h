/* Access tokens: JWT (RFC 7519, 8725, 9068) signed with HS256 and nothing else. The header is a fixed
 * shape: alg HS256, typ at+jwt, kid of a key we have; every other header is refused before its
 * payload is looked at. Pure: time is a parameter. Worker processes. */
#ifndef AUTH_JWT_H
#define AUTH_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/keys.h"
#include "core/op.h"

#define JWT_MAX 2048 /* bytes */

struct jwt_keys {
    struct key keys[KEY_GENERATIONS]; /* the first one signs */
    int count;
    const char *issuer; /* shop.base_url; also the audience */
};

struct jwt_claims {
    enum actor_kind kind; /* customer or staff */
    int64_t id, session_id;
    int64_t issued_at, expires_at; /* Unix seconds */
};

void jwt_keys_load(const struct conf *conf, struct jwt_keys *out);
const char *jwt_sign(struct arena *a, const struct jwt_keys *keys, const struct jwt_claims *claims);
/* Signature, header, issuer, audience and shape; not the time. */
bool jwt_read(struct arena *a, const struct jwt_keys *keys, const char *token, struct jwt_claims *out);
bool jwt_in_time(const struct jwt_claims *claims, int64_t now);

#endif
