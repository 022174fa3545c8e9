/* Names of the languages. */
#include "core/lang.h"

#include <stddef.h>
#include <strings.h>

static const char *const codes[LANG_COUNT] = { [LANG_FA] = "fa", [LANG_EN] = "en" };

const char *lang_code(enum lang lang)
{
    return lang < LANG_COUNT ? codes[lang] : codes[LANG_FA];
}

enum lang lang_parse(const char *s)
{
    return s && strncasecmp(s, "en", 2) == 0 ? LANG_EN : LANG_FA;
}

const char *lang_pick(enum lang lang, const char *fa, const char *en)
{
    return lang == LANG_FA || !en || !en[0] ? fa : en;
}
