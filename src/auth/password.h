/* Passwords of staff: scrypt by core/crypto, with the number of hashes at work on a host bounded
 * (each takes half a second and 128 MiB). Worker processes and `tarazu staff`. */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include <stdbool.h>

#include "core/err.h"

struct arena;

#define PASSWORD_MIN 10 /* characters */
#define PASSWORD_MAX 200

/* ERR_BUSY when all places are taken. */
enum err password_hash(struct op *op, const char *password, const char **hash) MUST_CHECK;
/* `stored` NULL: the same work for nobody, then *right is false. *outdated: the stored cost is below
 * the present one, so the hash should be made anew. */
enum err password_verify(struct op *op, const char *stored, const char *password, bool *right,
                         bool *outdated) MUST_CHECK;

/* Whether it is among the first that anybody would try: a word of common_passwords.def, repeated, with
 * digits and signs around it or in place of letters. */
bool password_is_common(struct arena *a, const char *password);

#endif
