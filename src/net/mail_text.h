/* A mail as it travels: RFC 5322 headers (RFC 2047 words), base64 UTF-8 body. Pure. */
#ifndef NET_MAIL_TEXT_H
#define NET_MAIL_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"
#include "net/mail.h"

struct arena;

/* One plain address, ASCII, without anything that has a meaning in a header or a command. */
bool mail_address_good(const char *address);
/* The whole message. False with *problem when an address or a header text cannot be sent. */
bool mail_compose(struct arena *a, const char *from, const struct mail *mail, int64_t unix_seconds,
                  struct str *out, const char **problem);

#endif
