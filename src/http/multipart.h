/* multipart/form-data (RFC 7578): text parts become a tree as form_tree makes it, file parts become
 * uploads that point into the body. Limits: 50 parts, 8 KiB of headers each. Worker processes. */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include <stddef.h>

#include "core/err.h"
#include "core/str.h"

struct op;
struct upload;
struct view;

enum err multipart_parse(struct op *op, const char *content_type, struct str body,
                         struct view **tree, struct upload **uploads, size_t *count) MUST_CHECK;

#endif
