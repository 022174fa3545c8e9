/* The child that decodes a picture and encodes it anew. Started by fork in the middle of a worker, it
 * gives up everything it inherited but one pipe. */
#ifndef SHOP_MEDIA_CHILD_H
#define SHOP_MEDIA_CHILD_H

#include <stdint.h>

#include "core/str.h"
#include "shop/media_header.h"

/* Ahead of the encoded bytes on the pipe. */
struct media_answer {
    uint32_t width, height, bytes;
};

/* Never returns: exits with 0 after a whole answer was written. */
void media_child(struct str data, const struct media_header *header, int side_max, int pipe_fd)
    __attribute__((noreturn));

#endif
