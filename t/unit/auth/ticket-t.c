/* Tickets: good for one address, after half a minute, until they expire. */
#include "auth/ticket.h"

#include "auth/fixture.h"
#include "tap.h"

#define NOW 1800000000

int main(void)
{
    struct arena *a = arena_create("test");
    struct key key;
    int64_t expires;
    key_get(&fixture_conf, KEY_CAPTCHA, 0, &key);
    const char *t = ticket_make(a, &key, "abc", NOW + 30, NOW + 900, "addr:192.0.2.1");
    ok(ticket_is(t) && !ticket_is("eyJ") && !ticket_is("") && !ticket_is(NULL), "known by its prefix");
    ok(ticket_check(a, &key, t, NOW + 30, "addr:192.0.2.1", &expires), "good after the wait");
    is_int(expires, NOW + 900, "until its end");
    ok(!ticket_check(a, &key, t, NOW + 29, "addr:192.0.2.1", &expires), "not a second earlier");
    ok(!ticket_check(a, &key, t, NOW + 900, "addr:192.0.2.1", &expires), "nor at its end");
    ok(!ticket_check(a, &key, t, NOW + 30, "addr:192.0.2.2", &expires), "nor from another address");
    int passed = 0;
    for (size_t i = 0; i < strlen(t); i++) {
        char *changed = arena_strdup(a, t);
        changed[i] = changed[i] == '1' ? '2' : '1';
        passed += ticket_check(a, &key, changed, NOW + 30, "addr:192.0.2.1", &expires);
        passed += ticket_check(a, &key, arena_strndup(a, t, i), NOW + 30, "addr:192.0.2.1", &expires);
    }
    is_int(passed, 0, "nor altered or cut");
    struct conf other = fixture_conf;
    other.secret_key = "fedcba9876543210fedcba9876543210";
    key_get(&other, KEY_CAPTCHA, 0, &key);
    ok(!ticket_check(a, &key, t, NOW + 30, "addr:192.0.2.1", &expires), "nor in another shop");
    arena_destroy(a);
    return done();
}
