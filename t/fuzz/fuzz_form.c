/* URL-encoded forms and query strings. */
#include "fuzz.h"
#include "http/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *error = NULL;
    fresh();
    struct view *tree = form_tree(&op, (struct str){ (const char *)data, size }, &error);
    MUST(!tree == !!error);
    MUST(!tree || view_kind(tree) == VIEW_OBJECT);
    return 0;
}
