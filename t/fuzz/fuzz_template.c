/* Mustache: source and data from strangers; source before the first NUL, JSON behind it. */
#include "fuzz.h"
#include "http/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *error = NULL;
    fresh();
    struct str rest = { (const char *)data, size };
    struct str source = str_cut(&rest, '\0');
    struct template *t = template_compile(arena, "fuzz", source, &error);
    MUST(!t == !!error);
    struct view *context = view_parse(arena, rest, 16, &error);
    if (t && context && view_kind(context) == VIEW_OBJECT)
        (void)template_render(NULL, t, arena, context, size & 1 ? LANG_FA : LANG_EN);
    return 0;
}
