/* Telephone numbers and the other typed texts: what is accepted has its one shape, and reading that
 * again gives the same. */
#include "core/text.h"

#include "fuzz.h"

static void same_again(struct arena *a, const char *(*read)(struct arena *, struct str), struct str s)
{
    const char *once = read(a, s);
    if (!once)
        return;
    MUST(strncmp(once, "+98", 3) == 0 && strlen(once) == 13);
    MUST(strcmp(read(a, str_of(once)), once) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    const char *code;
    int64_t number;
    fuzz_begin(&f, data, size);
    same_again(f.op.arena, text_mobile, f.bytes);
    same_again(f.op.arena, text_phone, f.bytes);
    if (text_postal_code(f.op.arena, f.bytes, &code))
        MUST(strlen(code) == 10 && strspn(code, "0123456789") == 10);
    if (text_iban(f.op.arena, f.bytes, &code))
        MUST(strlen(code) == 26);
    if (text_number(f.bytes, &number))
        MUST(number >= 0);
    if (text_valid_utf8(f.bytes)) {
        const char *clean = text_clean(f.op.arena, f.bytes, false);
        MUST(text_valid_utf8(str_of(clean)));
        MUST(strcmp(text_clean(f.op.arena, str_of(clean), false), clean) == 0);
        MUST(text_valid_utf8(str_of(text_search_key(f.op.arena, f.bytes))));
        MUST(text_valid_utf8(str_of(text_fold_code(f.op.arena, f.bytes))));
        MUST(text_valid_utf8(str_of(text_slug(f.op.arena, f.bytes))));
    }
    return fuzz_end(&f);
}
