/* Cookies. */
#include <string.h>

#include "core/arena.h"
#include "http/request.h"

/* RFC 6265 cookie-octet. */
static bool is_cookie_octet(char c)
{
    return c > ' ' && c < 0x7f && !strchr("\",;\\", c);
}

const char *request_cookie(const struct request *req, const char *name)
{
    struct str rest = str_of(request_header(req, "Cookie"));
    while (rest.n > 0) {
        struct str value = str_cut(&rest, ';');
        bool has_value = value.n > 0 && memchr(value.p, '=', value.n);
        struct str key = str_trim(str_cut(&value, '='));
        if (!has_value || key.n == 0 || !str_is(key, name))
            continue;
        value = str_trim(value);
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = (struct str){ value.p + 1, value.n - 2 };
        bool good = true;
        for (size_t i = 0; i < value.n && good; i++)
            good = is_cookie_octet(value.p[i]);
        if (good)
            return str_dup(req->op.arena, value);
    }
    return NULL;
}

void reply_cookie(struct request *req, const char *name, const char *value, int max_age)
{
    struct arena *a = req->op.arena;
    char *safe = arena_strdup(a, value ? value : "");
    for (char *p = safe; *p; p++)
        if (!is_cookie_octet(*p))
            *p = '_';
    const char *age = max_age == 0 ? ""
                                   : arena_printf(a, "; Max-Age=%d", max_age > 0 ? max_age : 0);
    reply_header(req, "Set-Cookie",
                 arena_printf(a, "%s=%s; Path=/%s; Secure; HttpOnly; SameSite=Lax", name, safe,
                              age));
}
