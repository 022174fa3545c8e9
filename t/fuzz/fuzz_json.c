/* JSON bodies: what is accepted is printed and read again as the same. */
#include "fuzz.h"
#include "http/json_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *error = NULL;
    fresh();
    struct view *tree = json_body_parse(arena, (struct str){ (const char *)data, size }, &error);
    if (!tree)
        return 0;
    const char *once = view_serialize(arena, tree);
    struct view *again = view_parse(arena, str_of(once), 64, &error);
    MUST(again && strcmp(once, view_serialize(arena, again)) == 0);
    return 0;
}
