/* Time-based one-time passwords (RFC 6238): SHA-1, 6 digits, steps of 30 seconds, as authenticator
 * apps make them. A code of the step before or after is good too; each step once. Pure. */
#ifndef AUTH_TOTP_H
#define AUTH_TOTP_H

#include <stdint.h>

#include "core/str.h"

struct arena;

#define TOTP_STEP_SECONDS 30
#define TOTP_SECRET_BYTES 20

/* The code of a step with 6 … 8 digits. */
const char *totp_code(struct arena *a, struct str secret, int64_t step, int digits);
/* The step whose code this is: within one of now's and later than `last_step`; 0 when none. */
int64_t totp_match(struct arena *a, struct str secret, const char *code, int64_t now, int64_t last_step);

#endif
