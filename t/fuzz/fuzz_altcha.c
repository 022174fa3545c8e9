/* Captcha solutions: a payload that passes must carry a challenge of ours. */
#include "fuzz.h"
#include "auth/keys.h"
#include "auth/pow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pow_solution solution;
    struct key key = { 0 };
    fresh();
    if (!key_get(&fuzz_conf, KEY_CAPTCHA, 0, &key))
        abort();
    if (pow_check(arena, &key, text_of(data, size), 1800000000, &solution))
        MUST(solution.signature && solution.expires_at >= 1800000000);
    return 0;
}
