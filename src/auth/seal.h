/* Small secrets kept in the database (a code on its way to the SMS provider, the second factor of
 * staff): encrypted and authenticated under a key derived from the master secret, and bound to the
 * place they belong to, so that a sealed value cannot be moved to another row. Any process. */
#ifndef AUTH_SEAL_H
#define AUTH_SEAL_H

#include <stdbool.h>

#include "core/str.h"

struct op;

/* `place` names the row and column: "staff:3", "otp:<uuid>". Returns text. */
const char *seal(struct op *op, const char *place, struct str plain);
/* False when it was not sealed here, for this place, under one of the known keys. */
bool unseal(struct op *op, const char *place, const char *sealed, struct str *plain);

#endif
