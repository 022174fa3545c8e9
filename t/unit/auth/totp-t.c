/* TOTP: the vectors of RFC 6238 (SHA-1), the window of a step, each step once. */
#include "auth/totp.h"

#include "core/arena.h"
#include "tap.h"

int main(void)
{
    static const struct { int64_t time; const char *code; } vectors[] = {
        { 59, "94287082" },         { 1111111109, "07081804" }, { 1111111111, "14050471" },
        { 1234567890, "89005924" }, { 2000000000, "69279037" }, { 20000000000, "65353130" },
    };
    struct arena *a = arena_create("test");
    struct str secret = STR("12345678901234567890");
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        is_str(totp_code(a, secret, vectors[i].time / TOTP_STEP_SECONDS, 8), vectors[i].code, "RFC 6238 vector");
    int64_t now = 1234567890, step = now / TOTP_STEP_SECONDS;
    const char *code = totp_code(a, secret, step, 6);
    is_str(code, "005924", "six digits are the last six");
    is_int(totp_match(a, secret, code, now, 0), step, "now's code");
    is_int(totp_match(a, secret, code, now + 30, 0), step, "one step late");
    is_int(totp_match(a, secret, code, now - 30, 0), step, "one step early");
    is_int(totp_match(a, secret, code, now + 60, 0), 0, "two steps late");
    is_int(totp_match(a, secret, code, now - 60, 0), 0, "two steps early");
    is_int(totp_match(a, secret, code, now, step), 0, "a step is good once");
    is_int(totp_match(a, secret, code, now, step - 1), step, "a later step than the last one");
    is_int(totp_match(a, secret, "5924", now, 0), 0, "leading zeros count");
    is_int(totp_match(a, secret, "", now, 0), 0, "nothing");
    is_int(totp_match(a, STR("12345678901234567891"), code, now, 0), 0, "another secret");
    arena_destroy(a);
    return done();
}
