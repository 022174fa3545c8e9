/* Which passwords everybody tries first. */
#include <string.h>

#include "auth/password.h"
#include "core/arena.h"
#include "core/text.h"

static const char *const common[] = {
#define COMMON(word) word,
#include "auth/common_passwords.def"
#undef COMMON
};

static bool listed(struct str s)
{
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (str_is(s, common[i]))
            return true;
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* What is left without the digits and signs on both sides: "!password2026" is "password". */
static struct str core_of(struct str s)
{
    while (s.n > 0 && !is_letter(s.p[s.n - 1]))
        s.n--;
    while (s.n > 0 && !is_letter(s.p[0]))
        s = (struct str){ s.p + 1, s.n - 1 };
    return s;
}

/* The shortest beginning that makes the whole by repetition: "abcabcabc" is "abc". */
static struct str unit_of(struct str s)
{
    for (size_t n = 1; n <= s.n / 2; n++)
        if (s.n % n == 0 && memcmp(s.p, s.p + n, s.n - n) == 0)
            return (struct str){ s.p, n };
    return s;
}

/* Signs and digits that stand for letters. */
static const char *spell_out(struct arena *a, const char *s)
{
    static const char from[] = "@401!35$7", to[] = "aaoiiesst";
    char *out = arena_strdup(a, s);
    for (char *p = out; *p; p++) {
        const char *sign = strchr(from, *p);
        if (sign)
            *p = to[sign - from];
    }
    return out;
}

static bool is_weak(struct str s)
{
    struct str unit = unit_of(s);
    return listed(s) || listed(unit) || (unit.n < s.n && unit.n <= 4);
}

static bool weak_with_edges(struct str s)
{
    struct str core = core_of(s);
    return is_weak(s) || (core.n > 0 && is_weak(core));
}

bool password_is_common(struct arena *a, const char *password)
{
    char *folded = arena_strdup(a, text_fold_digits(a, str_of(password)));
    for (char *p = folded; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    struct str s = str_of(folded);
    struct str rest = core_of(s);
    return weak_with_edges(s) || weak_with_edges(str_of(spell_out(a, folded))) ||
           weak_with_edges(str_of(spell_out(a, str_dup(a, rest))));
}
