/* Sealed secrets: bound to their place and key. */
#include "auth/seal.h"

#include "auth/fixture.h"
#include "tap.h"

int main(void)
{
    struct op op = fixture_op(&fixture_conf);
    struct str plain;
    const char *sealed = seal(&op, "otp:1", STR("123456"));
    ok(!strstr(sealed, "123456"), "the plain text cannot be seen");
    ok(strcmp(sealed, seal(&op, "otp:1", STR("123456"))) != 0, "twice the same looks different");
    ok(unseal(&op, "otp:1", sealed, &plain) && str_is(plain, "123456"), "and comes back");
    ok(!unseal(&op, "otp:2", sealed, &plain), "not in another place");
    int passed = 0;
    for (size_t i = 0; i + 1 < strlen(sealed); i++) {
        char *t = arena_strdup(op.arena, sealed);
        t[i] = t[i] == 'A' ? 'B' : 'A';
        passed += unseal(&op, "otp:1", t, &plain);
    }
    is_int(passed, 0, "not when altered");
    ok(!unseal(&op, "otp:1", "", &plain) && !unseal(&op, "otp:1", NULL, &plain) && !unseal(&op, "otp:1", "AAAA", &plain),
       "not when cut or missing");
    struct conf next = fixture_conf;
    next.secret_key = "fedcba9876543210fedcba9876543210";
    struct op later = fixture_op(&next);
    ok(!unseal(&later, "otp:1", sealed, &plain), "not under another master secret");
    next.secret_previous_key = fixture_conf.secret_key;
    ok(unseal(&later, "otp:1", sealed, &plain), "but under a rotated one");
    arena_destroy(later.arena);
    arena_destroy(op.arena);
    return done();
}
