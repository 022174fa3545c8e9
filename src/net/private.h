/* What the files of this folder share; nobody else includes it. */
#ifndef NET_PRIVATE_H
#define NET_PRIVATE_H

#include <curl/curl.h>
#include <libmemcached/memcached.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/breaker.h"
#include "net/hosts.h"

#define NET_LEADS 8

struct net {
    struct arena *arena; /* process */
    const struct conf *conf;
    struct hosts hosts;
    CURL *curl; /* HTTP only: keeps its connections between calls */
    memcached_st *cache; /* NULL: no cache */
    int64_t *left_until_us; /* by memcached server, monotonic: not asked before */
    uint32_t servers;
    uint64_t leads[NET_LEADS]; /* stampede locks held, by hash of the key; 0: free */
};

struct breaker_state *net_breaker(size_t host);
/* Options every transfer shares: TLS verified against net.ca_file or the system's, no proxy, no
 * signals, connect 2 s, total_ms in all. */
void net_curl_options(const struct net *net, CURL *curl, long total_ms, char *errbuf);
void net_cache_open(struct net *net); /* net/cache.c */

#endif
