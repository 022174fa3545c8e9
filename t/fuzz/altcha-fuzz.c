/* Captcha answers and waiting tickets: nothing passes that was not made here. */
#include "auth/pow.h"

#include "auth/ticket.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    struct key key;
    struct pow_solution solution;
    int64_t expires;
    fuzz_begin(&f, data, size);
    key_get(&fuzz_conf, KEY_CAPTCHA, 0, &key);
    MUST(!pow_check(f.op.arena, &key, f.text, 1, &solution));
    MUST(!pow_check(f.op.arena, &key, crypto_base64(f.op.arena, f.text, size), 1, &solution));
    MUST(!ticket_check(f.op.arena, &key, f.text, 1, "addr:192.0.2.1", &expires));
    return fuzz_end(&f);
}
