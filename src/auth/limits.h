/* Limits the owner may change while the shop runs. `limits.def` is the table; a missing or senseless
 * setting is the default. Any process. */
#ifndef AUTH_LIMITS_H
#define AUTH_LIMITS_H

#include <stdint.h>

#include "core/err.h"

struct limits {
#define LIMIT(member, least, most, dflt, doc) int64_t member;
#include "auth/limits.def"
#undef LIMIT
};

void limits_default(struct limits *out);
enum err limits_load(struct op *op, struct limits *out) MUST_CHECK;

#endif
