/* What people type: phones, numbers, codes, names. Folding is idempotent. */
#include "fuzz.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t n;
    const char *out;
    fresh();
    struct str s = { (const char *)data, size };
    if (!text_valid_utf8(s))
        return 0;
    const char *mobile = text_mobile(arena, s);
    MUST(!mobile || (strlen(mobile) == 13 && strcmp(text_mobile(arena, str_of(mobile)), mobile) == 0));
    (void)text_phone(arena, s);
    (void)text_postal_code(arena, s, &out);
    (void)text_iban(arena, s, &out);
    if (text_number(s, &n))
        MUST(n >= 0);
    const char *clean = text_clean(arena, s, true);
    MUST(strcmp(text_clean(arena, str_of(clean), true), clean) == 0);
    const char *code = text_fold_code(arena, s);
    MUST(strcmp(text_fold_code(arena, str_of(code)), code) == 0);
    const char *key = text_search_key(arena, s);
    MUST(strcmp(text_search_key(arena, str_of(key)), key) == 0);
    (void)text_slug(arena, s);
    return 0;
}
