/* Pictures from outside. What arrives is never trusted: its type is told by its content, its size is
 * checked in its header before anything is decoded, and it is decoded in a child process without
 * files, sockets or much memory, whose answer is a fresh encoding without the sender's metadata.
 * Files are named by a hash of what was sent and of how it is treated, so that a name never shows
 * two pictures and the same picture is worked on once. Web processes and commands. */
#ifndef SHOP_MEDIA_H
#define SHOP_MEDIA_H

#include "core/err.h"
#include "core/str.h"

#define MEDIA_BYTES_MAX (8 << 20)
#define MEDIA_PIXELS_MAX (40 * 1000 * 1000)
#define MEDIA_SIDE_MAX 1600 /* of what is kept */

struct media_file {
    const char *name; /* under conf->media_dir; the page's address is /media/<name> */
    int width, height;
};

/* Not inside an open transaction: it takes up to some seconds. ERR_IMAGE_INVALID for everything that
 * is no acceptable picture. */
enum err media_store(struct op *op, struct str data, struct media_file *out) MUST_CHECK;

/* The same without keeping a file: the fresh encoding itself, in the arena. */
enum err media_make(struct op *op, struct str data, struct media_file *out, struct str *encoded) MUST_CHECK;

#endif
