/* Mail by SMTP through libcurl: one recipient, UTF-8 text. Called by job handlers only. */
#ifndef NET_MAIL_H
#define NET_MAIL_H

#include <stdbool.h>

#include "core/err.h"

struct mail {
    const char *to, *subject, *text;
    const char *message_id; /* stable for a job, so that a repeated send is recognisable */
};

/* True when the server took it; otherwise *permanent tells whether trying again is useless. */
bool mail_send(struct op *op, const struct mail *mail, bool *permanent, const char **problem);

#endif
