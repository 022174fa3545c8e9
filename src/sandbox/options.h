/* What the command line says. Filled once before any thread starts, read-only afterwards. */
#ifndef SANDBOX_OPTIONS_H
#define SANDBOX_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct options {
    const char *listen_host; /* numeric address */
    int listen_port;
    int smtp_port;              /* 0: no mail listener */
    const char *state_dir;
    const char *shop_url;       /* without a trailing slash */
    char shop_host[256];        /* host of shop_url, for the WebOTP line */
    const char *refund_token;   /* NULL: the refund API refuses every key */
    const char *sms_key;        /* NULL: any key is good */
    const char *font;           /* web font of the pages; they do without when it cannot be read */
    const char *user;           /* NULL: stay who we are */
    char *tls_cert, *tls_key;   /* PEM texts */
    char *webhook_secret;       /* without the trailing newline */
    char *ca;                   /* PEM bundle for calls to the shop, NULL: the system's */
    char base_url[300];         /* https://host:port of the sandbox itself, for links */
};

extern struct options options;

/* Prints the reason on stderr and returns false when the command line cannot be used. */
bool options_parse(int argc, char **argv);

#endif
