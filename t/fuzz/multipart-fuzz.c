/* multipart/form-data: parts lie inside the body. The boundary is the first line of the input. */
#include "http/multipart.h"

#include "core/view.h"
#include "fuzz.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    struct view *tree = NULL;
    struct upload *uploads = NULL;
    size_t count = 0;
    fuzz_begin(&f, data, size);
    struct str body = f.bytes;
    const char *type = arena_printf(f.op.arena, "multipart/form-data; boundary=%s",
                                    str_dup(f.op.arena, str_cut(&body, '\n')));
    if (multipart_parse(&f.op, type, body, &tree, &uploads, &count) == ERR_OK) {
        MUST(view_kind(tree) == VIEW_OBJECT);
        for (size_t i = 0; i < count; i++)
            MUST(uploads[i].data.n == 0 || (uploads[i].data.p >= body.p && uploads[i].data.p + uploads[i].data.n <= body.p + body.n));
    }
    return fuzz_end(&f);
}
