/* Content negotiation. */
#include "http/negotiate.h"

#include <string.h>
#include <strings.h>

/* One member of an Accept or Accept-Language list: its name and its weight in thousandths. */
static bool next_range(struct str *rest, struct str *name, int *weight)
{
    while (rest->n > 0) {
        struct str member = str_cut(rest, ',');
        *name = str_trim(str_cut(&member, ';'));
        *weight = 1000;
        while (member.n > 0) {
            struct str parameter = str_trim(str_cut(&member, ';'));
            if (!str_starts(parameter, "q=") && !str_starts(parameter, "Q="))
                continue;
            *weight = parameter.n > 2 && parameter.p[2] == '1' ? 1000 : 0;
            int unit = 100;
            for (size_t i = 4; *weight < 1000 && i < parameter.n && unit > 0; i++, unit /= 10)
                if (parameter.p[i] >= '0' && parameter.p[i] <= '9')
                    *weight += (parameter.p[i] - '0') * unit;
        }
        if (name->n > 0)
            return true;
    }
    return false;
}

static bool is_word(struct str s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* How much one representation is wanted. A name beats a wildcard of the same weight. */
struct wish {
    int weight;
    bool named;
    int place; /* in the list */
};

static void note(struct wish *w, int weight, bool named, int place)
{
    if (weight > w->weight || (weight == w->weight && named && !w->named))
        *w = (struct wish){ weight, named, place };
}

static bool prefers_json(const char *accept)
{
    struct wish json = { .place = -1 }, page = { .place = -1 };
    struct str rest = str_of(accept), name;
    int weight;
    for (int place = 0; next_range(&rest, &name, &weight); place++) {
        if (is_word(name, "application/json") || is_word(name, "application/problem+json") || is_word(name, "application/*"))
            note(&json, weight, true, place);
        else if (is_word(name, "text/html"))
            note(&page, weight, true, place);
        else if (is_word(name, "*/*") || is_word(name, "text/*"))
            note(&page, weight, false, place);
    }
    if (json.weight != page.weight)
        return json.weight > page.weight;
    if (json.weight == 0)
        return false;
    return json.named != page.named ? json.named : json.place < page.place;
}

static bool is_json_type(const char *content_type)
{
    struct str rest = str_of(content_type);
    return is_word(str_trim(str_cut(&rest, ';')), "application/json");
}

enum accept negotiate_accept(const struct request *req, bool json_path)
{
    const char *decided = request_param(req, "TARAZU_ACCEPT");
    if (decided && decided[0])
        return strcmp(decided, "json") == 0 ? ACCEPT_JSON : ACCEPT_HTML;
    const char *authorization = request_header(req, "Authorization");
    bool json = json_path || is_json_type(req->content_type) ||
                (authorization && strncasecmp(authorization, "Bearer ", 7) == 0) ||
                prefers_json(request_header(req, "Accept"));
    return json ? ACCEPT_JSON : ACCEPT_HTML;
}

enum lang negotiate_lang(const struct request *req)
{
    const char *decided = request_param(req, "TARAZU_LANG");
    if (!decided || !decided[0])
        decided = request_cookie(req, "lang");
    if (decided && decided[0])
        return lang_parse(decided);
    struct str rest = str_of(request_header(req, "Accept-Language")), name;
    int weight, best[LANG_COUNT] = { 0 };
    while (next_range(&rest, &name, &weight)) {
        struct str primary = str_cut(&name, '-');
        if (is_word(primary, "en") && weight > best[LANG_EN])
            best[LANG_EN] = weight;
        else if (is_word(primary, "fa") && weight > best[LANG_FA])
            best[LANG_FA] = weight;
    }
    return best[LANG_EN] > best[LANG_FA] ? LANG_EN : LANG_FA;
}
