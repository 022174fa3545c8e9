/* What the header of a picture says, read without decoding it: JPEG, PNG and WebP. Pure; bounds are
 * checked at every step. Any process. */
#ifndef SHOP_MEDIA_HEADER_H
#define SHOP_MEDIA_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"

enum media_type { MEDIA_NONE, MEDIA_JPEG, MEDIA_PNG, MEDIA_WEBP };

struct media_header {
    enum media_type type;
    uint32_t width, height; /* as stored, both above 0 */
    int orientation;        /* EXIF: 1 … 8; 1 is upright */
};

/* False when it is none of the three, or its header is cut short. */
bool media_header_read(struct str data, struct media_header *out);

#endif
