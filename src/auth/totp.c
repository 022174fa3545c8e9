/* Time-based one-time passwords (RFC 6238). */
#include "auth/totp.h"

#include "core/arena.h"
#include "core/crypto.h"

const char *totp_code(struct arena *a, struct str secret, int64_t step, int digits)
{
    uint8_t counter[8], mac[20];
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    crypto_hmac_sha1(secret, (struct str){ (const char *)counter, sizeof(counter) }, mac);
    int at = mac[19] & 15;
    uint32_t value = ((uint32_t)(mac[at] & 0x7f) << 24) | ((uint32_t)mac[at + 1] << 16) |
                     ((uint32_t)mac[at + 2] << 8) | mac[at + 3];
    uint32_t modulus = 1;
    for (int i = 0; i < digits; i++)
        modulus *= 10;
    return arena_printf(a, "%0*u", digits, value % modulus);
}

int64_t totp_match(struct arena *a, struct str secret, const char *code, int64_t now, int64_t last_step)
{
    int64_t found = 0, present = now / TOTP_STEP_SECONDS;
    for (int64_t step = present - 1; step <= present + 1; step++) {
        bool equal = crypto_str_equal(str_of(totp_code(a, secret, step, 6)), str_of(code));
        if (equal && step > last_step)
            found = step;
    }
    return found;
}
