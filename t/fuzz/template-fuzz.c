/* Templates: any source compiles or is refused with a reason; what compiles renders. */
#include "http/template.h"

#include "core/view.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    const char *error = NULL;
    fuzz_begin(&f, data, size);
    struct view *context = view_new(f.op.arena), *list = view_array(context, "list");
    view_text(context, "name", "<b>&\"'");
    view_int(context, "sum", 1234567);
    for (int i = 0; i < 3; i++)
        view_int(view_append(list), "n", i);
    struct template *t = template_compile(f.op.arena, "fuzz", f.bytes, &error);
    MUST(t || error);
    if (t)
        (void)template_render(NULL, t, f.op.arena, context, LANG_FA);
    return fuzz_end(&f);
}
