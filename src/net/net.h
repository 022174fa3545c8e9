/* A worker's outgoing connections: one curl handle and one memcached handle, opened after the fork.
 * Never used inside a database transaction. Worker processes. */
#ifndef NET_NET_H
#define NET_NET_H

#include <stddef.h>

#include "core/breaker.h"

struct arena;
struct conf;
struct net;

/* Opens nothing yet: connections are made by the first call. Also names the hosts of
 * METRIC_BREAKER_OPEN and the outcomes of METRIC_FETCHES for whoever is scraped in this process,
 * and lets spans be kept when there is a collector for them. */
struct net *net_open(struct arena *process, const struct conf *conf);
/* Where the circuit breakers of all workers lie: n states, one per host of the allow-list (what is
 * beyond n shares). Without it they are the process's own. Before net_open. */
void net_breakers(struct breaker_state *shared, size_t n);

#endif
