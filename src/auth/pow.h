/* Captcha by proof of work: the ALTCHA v1 protocol, own server side. A challenge carries its expiry
 * inside the signed salt; a solution is good for one request, refused when expired, altered, made
 * for another algorithm, or used before (an atomic insert decides). Worker processes. */
#ifndef AUTH_POW_H
#define AUTH_POW_H

#include <stdint.h>

#include "auth/keys.h"
#include "core/err.h"

struct view;

#define POW_PAYLOAD_MAX 2048 /* bytes of base64 */

struct pow_solution {
    const char *signature; /* identifies the challenge; hex */
    int64_t expires_at;    /* Unix seconds */
};

/* Pure: a challenge with the given salt (random hex), secret number and expiry. */
void pow_make(struct view *out, struct arena *a, const struct key *key, const char *salt_hex,
              int64_t number, int64_t maxnumber, int64_t expires_at);
/* Pure: whether the payload solves a challenge of ours that has not expired. */
bool pow_check(struct arena *a, const struct key *key, const char *payload, int64_t now,
               struct pow_solution *out);

/* GET /auth/challenge: harder for an address that has solved many lately. */
enum err pow_challenge(struct op *op, struct view *out) MUST_CHECK;
/* Takes a solution for this request: ERR_CAPTCHA_INVALID when it does not hold or was used by
 * another request. Redeeming twice in one request is fine. In a transaction that fails, the
 * solution stays good. */
enum err pow_redeem(struct op *op, const char *payload) MUST_CHECK;

#endif
