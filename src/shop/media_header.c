/* Headers of JPEG, PNG and WebP. */
#include "shop/media_header.h"

#include <string.h>

#define EXIF_ORIENTATION 0x0112

/* Numbers at an offset that is known to be inside. */
static uint32_t big(struct str s, size_t at, int bytes)
{
    uint32_t n = 0;
    for (int i = 0; i < bytes; i++)
        n = n << 8 | (uint8_t)s.p[at + (size_t)i];
    return n;
}

static uint32_t little(struct str s, size_t at, int bytes)
{
    uint32_t n = 0;
    for (int i = bytes; i-- > 0;)
        n = n << 8 | (uint8_t)s.p[at + (size_t)i];
    return n;
}

static bool is_at(struct str s, size_t at, const char *bytes, size_t n)
{
    return at + n <= s.n && memcmp(s.p + at, bytes, n) == 0;
}

static uint32_t number(struct str s, size_t at, int bytes, bool intel)
{
    return intel ? little(s, at, bytes) : big(s, at, bytes);
}

/* The orientation in a TIFF block; 1 when it is not told or makes no sense. */
static int tiff_orientation(struct str t)
{
    bool intel = is_at(t, 0, "II*\0", 4);
    if (t.n < 8 || (!intel && !is_at(t, 0, "MM\0*", 4)))
        return 1;
    size_t at = number(t, 4, 4, intel);
    if (at > t.n - 2)
        return 1;
    uint32_t entries = number(t, at, 2, intel);
    at += 2;
    for (uint32_t i = 0; i < entries && at + 12 <= t.n; i++, at += 12)
        if (number(t, at, 2, intel) == EXIF_ORIENTATION) {
            uint32_t value = number(t, at + 8, 2, intel);
            return value >= 1 && value <= 8 ? (int)value : 1;
        }
    return 1;
}

static bool is_frame(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static bool read_jpeg(struct str s, struct media_header *out)
{
    size_t at = 2;
    while (at + 4 <= s.n) {
        if ((uint8_t)s.p[at] != 0xff)
            return false;
        uint8_t marker = (uint8_t)s.p[at + 1];
        if (marker == 0xff) { /* fill */
            at++;
            continue;
        }
        size_t length = big(s, at + 2, 2);
        if (length < 2 || at + 2 + length > s.n)
            return false;
        if (is_frame(marker)) {
            if (length < 7)
                return false;
            out->height = big(s, at + 5, 2);
            out->width = big(s, at + 7, 2);
            return true;
        }
        if (marker == 0xe1 && length > 8 && is_at(s, at + 4, "Exif\0\0", 6))
            out->orientation = tiff_orientation((struct str){ s.p + at + 10, length - 8 });
        at += 2 + length;
    }
    return false;
}

static bool read_png(struct str s, struct media_header *out)
{
    if (s.n < 33 || !is_at(s, 12, "IHDR", 4))
        return false;
    out->width = big(s, 16, 4);
    out->height = big(s, 20, 4);
    return true;
}

static bool read_webp(struct str s, struct media_header *out)
{
    if (s.n < 30)
        return false;
    if (is_at(s, 12, "VP8X", 4)) {
        out->width = little(s, 24, 3) + 1;
        out->height = little(s, 27, 3) + 1;
    } else if (is_at(s, 12, "VP8L", 4)) {
        uint32_t bits = little(s, 21, 4);
        out->width = (bits & 0x3fff) + 1;
        out->height = (bits >> 14 & 0x3fff) + 1;
    } else if (is_at(s, 12, "VP8 ", 4)) {
        out->width = little(s, 26, 2) & 0x3fff;
        out->height = little(s, 28, 2) & 0x3fff;
    }
    return out->width > 0;
}

static const struct format {
    enum media_type type;
    size_t at;
    const char *magic;
    size_t n;
    bool (*read)(struct str s, struct media_header *out);
} formats[] = {
    { MEDIA_JPEG, 0, "\xff\xd8\xff", 3, read_jpeg },
    { MEDIA_PNG, 0, "\x89PNG\r\n\x1a\n", 8, read_png },
    { MEDIA_WEBP, 8, "WEBP", 4, read_webp },
};

bool media_header_read(struct str data, struct media_header *out)
{
    *out = (struct media_header){ .orientation = 1 };
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        const struct format *f = &formats[i];
        if (!is_at(data, f->at, f->magic, f->n) || (f->type == MEDIA_WEBP && !is_at(data, 0, "RIFF", 4)))
            continue;
        out->type = f->type;
        return f->read(data, out) && out->width > 0 && out->height > 0;
    }
    return false;
}
