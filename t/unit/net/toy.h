/* The outside world for the tests of net/: a TLS web server and a mail server in forked children,
 * on ports of the kernel's choice, and a piece of work with a configuration to call them with. */
#ifndef T_UNIT_NET_TOY_H
#define T_UNIT_NET_TOY_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/conf.h"
#include "core/op.h"

struct toy {
    int port;            /* TLS as "localhost", behind a certificate of its own */
    int mute_port;       /* accepts connections and never says a word */
    int closed_port;     /* nobody listens */
    int mail_port;
    char folder[64];
    char ca_file[128];
    pid_t web, mail;
    struct toy_shared {
        _Atomic int requests; /* complete requests the web server has read */
        _Atomic int mails;
        char request[8192];   /* the last one */
        char mail[16384];     /* the last session */
    } *shared;
};

/* Paths of the web server: /status/N answers N; /echo answers the request's body; /hang reads and
 * never answers; /reset reads and closes; /cut answers half of what it promises; /big answers 2
 * MiB; /redirect answers 302 to /echo; /flaky answers 503 twice, then 200. All keep the
 * connection. */
bool toy_open(struct toy *t);
void toy_close(struct toy *t);

/* A configuration that names no host but those of the toy. */
struct conf toy_conf(const struct toy *t);
/* Work with a fresh net over the configuration; ended by toy_op_end. */
struct op *toy_op(const struct conf *conf);
void toy_op_end(struct op *op);
const char *toy_url(struct op *op, int port, const char *path); /* https://localhost:port/path */

#endif
