/* Decoding a picture and encoding it anew, in the child of core/child.h. */
#ifndef SHOP_MEDIA_CHILD_H
#define SHOP_MEDIA_CHILD_H

#include <stdint.h>

#include "core/str.h"
#include "shop/media_header.h"

struct media_work {
    struct str data;
    struct media_header header;
    int side_max;
};

/* Ahead of the encoded bytes in the answer. */
struct media_answer {
    uint32_t width, height;
};

/* arg: a struct media_work. The exit status: 0 after a whole answer was written. */
int media_child(void *arg);

#endif
