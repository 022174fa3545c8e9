/* The hosts that may be called: those of the configured base addresses and net.allow_hosts, nothing
 * else. The place in the list is also the index of the host's circuit breaker. Worker processes. */
#ifndef NET_HOSTS_H
#define NET_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct conf;

#define HOSTS_MAX 64

struct host {
    const char *name; /* lower case; IPv6 in brackets */
    int port;
    bool plain;        /* http is allowed: the trace collector on this machine */
    const char *label; /* "name:port" */
};

struct hosts {
    struct host host[HOSTS_MAX];
    size_t n;
    size_t mail; /* index of the mail server; HOSTS_MAX when there is none */
};

/* Reads them from the configuration; what cannot be used is logged and left out. */
void hosts_load(struct hosts *h, struct arena *a, const struct conf *conf);
/* Index of the host of an http(s) address; -1 when it may not be called, with *why. */
int hosts_find(const struct hosts *h, const char *url, const char **why);

#endif
