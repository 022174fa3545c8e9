/* Passwords that everybody tries first, however they are dressed up. */
#include "auth/password.h"

#include "core/arena.h"
#include "tap.h"

static const char *const refused[] = {
    "password", "Password123", "password2026!", "!!PASSWORD!!", "p@ssw0rd1234", "P4$$w0rd2026", "1234567890",
    "۱۲۳۴۵۶۷۸۹۰", "qwertyuiop", "qwertyuiop99", "aaaaaaaaaaaa", "abcabcabcabc", "1111111111", "passwordpassword",
    "salamsalam", "mohammad1370", "1370alireza!", "Tehran123456", "administrator", "ch@ngeme2026", "letmein12345",
};
static const char *const accepted[] = {
    "walking 123 456", "long enough 123", "correct walnut battery", "xk29-vqpa-77tz", "3f9c2a7be01d5468aa10",
    "کتابخانهٔ پدربزرگ من", "thepasswordofmygrandmother", "dragonfly kettle",
};

int main(void)
{
    struct arena *a = arena_create("test");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        is_int(password_is_common(a, refused[i]), 1, refused[i]);
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
        is_int(password_is_common(a, accepted[i]), 0, accepted[i]);
    is_int(password_is_common(a, ""), 0, "nothing is no word");
    arena_destroy(a);
    return done();
}
