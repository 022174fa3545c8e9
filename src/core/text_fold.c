/* Folding tables and the classes of code points. */
#include "core/text_fold.h"

#include <stddef.h>

struct fold {
    uint32_t low, high;
    const char *to;
};

static const struct fold cleans[] = {
#define CLEAN(low, high, to) { low, high, to },
#define SEARCH(low, high, to)
#include "core/text_fold.def"
#undef CLEAN
#undef SEARCH
};

static const struct fold searches[] = {
#define CLEAN(low, high, to)
#define SEARCH(low, high, to) { low, high, to },
#include "core/text_fold.def"
#undef CLEAN
#undef SEARCH
};

/* Ranges whose code points move by the same distance; step 2: only every second one, from low. */
struct shift {
    uint32_t low, high, step;
    int32_t by;
};

static const struct shift digit_shifts[] = {
    { 0x0660, 0x0669, 1, 0x30 - 0x0660 },
    { 0x06f0, 0x06f9, 1, 0x30 - 0x06f0 },
    { 0xff10, 0xff19, 1, 0x30 - 0xff10 },
};

static const struct shift lower_shifts[] = {
    { 0x0041, 0x005a, 1, 32 },    { 0x00c0, 0x00d6, 1, 32 },   { 0x00d8, 0x00de, 1, 32 },
    { 0x0100, 0x012e, 2, 1 },     { 0x0132, 0x0136, 2, 1 },    { 0x0139, 0x0147, 2, 1 },
    { 0x014a, 0x0176, 2, 1 },     { 0x0178, 0x0178, 1, -121 }, { 0x0179, 0x017d, 2, 1 },
    { 0x0391, 0x03a1, 1, 32 },    { 0x03a3, 0x03ab, 1, 32 },   { 0x0400, 0x040f, 1, 80 },
    { 0x0410, 0x042f, 1, 32 },    { 0xff21, 0xff3a, 1, 32 },
};

static const struct shift width_shifts[] = {
    { 0xff01, 0xff5e, 1, 0x21 - 0xff01 },
};

/* What is not a letter, digit or mark. Everything between the rows belongs to words. */
struct class_range {
    uint32_t low, high;
    enum text_class is;
};

static const struct class_range classes[] = {
    { 0x0000, 0x0008, TEXT_CONTROL },  { 0x0009, 0x0009, TEXT_SPACE },
    { 0x000a, 0x000d, TEXT_NEWLINE },  { 0x000e, 0x001f, TEXT_CONTROL },
    { 0x0020, 0x0020, TEXT_SPACE },    { 0x0021, 0x002f, TEXT_SYMBOL },
    { 0x003a, 0x0040, TEXT_SYMBOL },   { 0x005b, 0x0060, TEXT_SYMBOL },
    { 0x007b, 0x007e, TEXT_SYMBOL },   { 0x007f, 0x0084, TEXT_CONTROL },
    { 0x0085, 0x0085, TEXT_NEWLINE },  { 0x0086, 0x009f, TEXT_CONTROL },
    { 0x00a0, 0x00a0, TEXT_SPACE },    { 0x00a1, 0x00a9, TEXT_SYMBOL },
    { 0x00ab, 0x00b4, TEXT_SYMBOL },   { 0x00b6, 0x00b9, TEXT_SYMBOL },
    { 0x00bb, 0x00bf, TEXT_SYMBOL },   { 0x00d7, 0x00d7, TEXT_SYMBOL },
    { 0x00f7, 0x00f7, TEXT_SYMBOL },   { 0x0589, 0x058f, TEXT_SYMBOL },
    { 0x0600, 0x060f, TEXT_SYMBOL },   { 0x061b, 0x061f, TEXT_SYMBOL },
    { 0x066a, 0x066d, TEXT_SYMBOL },   { 0x06d4, 0x06d4, TEXT_SYMBOL },
    { 0x06dd, 0x06de, TEXT_SYMBOL },   { 0x06e9, 0x06e9, TEXT_SYMBOL },
    { 0x06fd, 0x06fe, TEXT_SYMBOL },   { 0x0964, 0x0965, TEXT_SYMBOL },
    { 0x1680, 0x1680, TEXT_SPACE },    { 0x2000, 0x200a, TEXT_SPACE },
    { 0x200b, 0x200b, TEXT_SYMBOL },   { 0x200c, 0x200c, TEXT_JOINER },
    { 0x200d, 0x2027, TEXT_SYMBOL },   { 0x2028, 0x2029, TEXT_NEWLINE },
    { 0x202a, 0x202e, TEXT_SYMBOL },   { 0x202f, 0x202f, TEXT_SPACE },
    { 0x2030, 0x205e, TEXT_SYMBOL },   { 0x205f, 0x205f, TEXT_SPACE },
    { 0x2060, 0x2bff, TEXT_SYMBOL },   { 0x2e00, 0x2e7f, TEXT_SYMBOL },
    { 0x3000, 0x3000, TEXT_SPACE },    { 0x3001, 0x3004, TEXT_SYMBOL },
    { 0x3008, 0x3020, TEXT_SYMBOL },   { 0x3030, 0x3030, TEXT_SYMBOL },
    { 0x30fb, 0x30fb, TEXT_SYMBOL },   { 0xd800, 0xf8ff, TEXT_SYMBOL },
    { 0xfd3e, 0xfd3f, TEXT_SYMBOL },   { 0xfe00, 0xfe1f, TEXT_SYMBOL },
    { 0xfe30, 0xfe6f, TEXT_SYMBOL },   { 0xfeff, 0xff0f, TEXT_SYMBOL },
    { 0xff1a, 0xff20, TEXT_SYMBOL },   { 0xff3b, 0xff40, TEXT_SYMBOL },
    { 0xff5b, 0xff65, TEXT_SYMBOL },   { 0xffe0, 0xffff, TEXT_SYMBOL },
    { 0x1f000, 0x1faff, TEXT_SYMBOL }, { 0xe0000, 0x10ffff, TEXT_SYMBOL },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const char *find(const struct fold *rows, size_t n, uint32_t cp)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (cp > rows[middle].high)
            low = middle + 1;
        else if (cp < rows[middle].low)
            n = middle;
        else
            return rows[middle].to;
    }
    return NULL;
}

static uint32_t shift(const struct shift *rows, size_t n, uint32_t cp)
{
    for (size_t i = 0; i < n && cp >= rows[i].low; i++)
        if (cp <= rows[i].high && (cp - rows[i].low) % rows[i].step == 0)
            return cp + (uint32_t)rows[i].by;
    return cp;
}

const char *text_fold_clean(uint32_t cp)
{
    return find(cleans, ROWS(cleans), cp);
}

const char *text_fold_search(uint32_t cp)
{
    return find(searches, ROWS(searches), cp);
}

uint32_t text_fold_digit(uint32_t cp)
{
    return shift(digit_shifts, ROWS(digit_shifts), cp);
}

uint32_t text_fold_lower(uint32_t cp)
{
    return shift(lower_shifts, ROWS(lower_shifts), cp);
}

uint32_t text_fold_width(uint32_t cp)
{
    return shift(width_shifts, ROWS(width_shifts), cp);
}

enum text_class text_class(uint32_t cp)
{
    size_t low = 0, n = ROWS(classes);
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (cp > classes[middle].high)
            low = middle + 1;
        else if (cp < classes[middle].low)
            n = middle;
        else
            return classes[middle].is;
    }
    return TEXT_WORD;
}
