/* multipart/form-data; the first line is the content type. */
#include "fuzz.h"
#include "http/multipart.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view *tree = NULL;
    struct upload *uploads = NULL;
    size_t count = 0;
    fresh();
    struct str rest = { (const char *)data, size };
    struct str type = str_cut(&rest, '\n');
    if (multipart_parse(&op, str_dup(arena, type), rest, &tree, &uploads, &count) != ERR_OK)
        return 0;
    for (size_t i = 0; i < count; i++) /* uploads point into the body */
        MUST(uploads[i].data.n == 0 || (uploads[i].data.p >= rest.p && uploads[i].data.p + uploads[i].data.n <= rest.p + rest.n));
    return 0;
}
