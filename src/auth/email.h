/* Verifying e-mail addresses: a changed address gets a link, good for a day and one use. The token is
 * kept only as its hash, and sealed while its mail waits in the outbox. Worker and job processes. */
#ifndef AUTH_EMAIL_H
#define AUTH_EMAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct view;

/* After a change of the profile, in its transaction: queues the mail when the address is unverified
 * and got no link in the last ten minutes. ERR_RATE_LIMITED after ten links in a day. */
enum err email_link_send(struct op *op, int64_t customer) MUST_CHECK;
/* Takes a link; the same link may be followed again as long as it stays true. ERR_NOT_FOUND when it is
 * unknown or old, or the customer has another address by now. In a transaction. */
enum err email_link_follow(struct op *op, const char *token) MUST_CHECK;

struct email_letter {
    const char *to, *name, *lang, *token; /* name may be NULL */
    const char *hash;
};
/* The letter of an outbox job; *wanted false: nobody waits for it any more. */
enum err email_letter(struct op *op, const struct view *payload, struct email_letter *out, bool *wanted) MUST_CHECK;

#endif
