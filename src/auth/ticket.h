/* The captcha's path for browsers without JavaScript: a ticket that becomes good by waiting half a
 * minute. It is bound to the address it was given to, good once, and only some an hour of one address
 * are taken, so waiting in parallel does not pay. It travels in the same field as a solution.
 * Worker processes. */
#ifndef AUTH_TICKET_H
#define AUTH_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/keys.h"
#include "core/err.h"

#define TICKET_WAIT_SECONDS 30
#define TICKET_LIFE_SECONDS 900 /* from its making */

/* Pure. `nonce` is text without '.'. */
const char *ticket_make(struct arena *a, const struct key *key, const char *nonce, int64_t good_from,
                        int64_t expires_at, const char *address);
bool ticket_check(struct arena *a, const struct key *key, const char *ticket, int64_t now,
                  const char *address, int64_t *expires_at);

bool ticket_is(const char *payload); /* by its prefix */
enum err ticket_new(struct op *op, const char **ticket) MUST_CHECK;
/* *good false: altered, too early, too late, from elsewhere, used, or too many of the address. */
enum err ticket_redeem(struct op *op, const char *ticket, bool *good) MUST_CHECK;

#endif
