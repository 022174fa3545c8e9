/* Encoded forms and query strings. */
#include "http/schema.h"

#include "core/view.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    const char *error = NULL, *again;
    fuzz_begin(&f, data, size);
    struct view *tree = form_tree(&f.op, f.bytes, &error);
    MUST(tree || error);
    if (tree) {
        MUST(view_kind(tree) == VIEW_OBJECT);
        const char *json = view_serialize(f.op.arena, tree);
        MUST(view_parse(f.op.arena, str_of(json), 32, &again));
    }
    return fuzz_end(&f);
}
