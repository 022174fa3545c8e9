/* The shared cache: memcached through libmemcached. It may be down, full, slow or flushed at any
 * time: every function then behaves as a miss. Values up to 1 MiB; keys are hashed when long or not
 * plain. Nothing correct depends on it. Time-outs 50 ms; after a failure it is left alone for 1 s.
 * Worker processes. */
#ifndef NET_CACHE_H
#define NET_CACHE_H

#include <stdbool.h>

#include "core/op.h"
#include "core/str.h"

bool cache_get(struct op *op, const char *key, struct str *value); /* arena-owned */
void cache_set(struct op *op, const char *key, struct str value, int seconds);
void cache_delete(struct op *op, const char *key);
/* Stampede lock: true when the caller should recompute (lasts `seconds` or until the value is set);
 * true as well when the cache is away. */
bool cache_lead(struct op *op, const char *key, int seconds);

#endif
