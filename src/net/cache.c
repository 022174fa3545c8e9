/* memcached: a miss whenever anything is wrong with it. */
#include "net/cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/metrics.h"
#include "net/private.h"

#define TIMEOUT_MS 50
#define LEFT_ALONE_US INT64_C(1000000)
#define KEY_MAX 200 /* memcached allows 250; the lead's prefix and a namespace are added */
#define VALUE_MAX ((size_t)1 << 20)
#define SECONDS_MAX (30 * 24 * 3600) /* more would mean a date */
#define LEAD_PREFIX "lead:"

static void close_cache(void *cache)
{
    memcached_free(cache);
}

static void set_options(memcached_st *m)
{
    static const struct {
        memcached_behavior_t option;
        uint64_t value;
    } options[] = {
        { MEMCACHED_BEHAVIOR_DISTRIBUTION, MEMCACHED_DISTRIBUTION_CONSISTENT_KETAMA },
        { MEMCACHED_BEHAVIOR_NO_BLOCK, 1 },
        { MEMCACHED_BEHAVIOR_TCP_NODELAY, 1 },
        { MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, TIMEOUT_MS },
        { MEMCACHED_BEHAVIOR_POLL_TIMEOUT, TIMEOUT_MS },
        { MEMCACHED_BEHAVIOR_SND_TIMEOUT, TIMEOUT_MS * 1000 },
        { MEMCACHED_BEHAVIOR_RCV_TIMEOUT, TIMEOUT_MS * 1000 },
        { MEMCACHED_BEHAVIOR_RETRY_TIMEOUT, 1 },
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        memcached_behavior_set(m, options[i].option, options[i].value);
}

void net_cache_open(struct net *net)
{
    const char *servers = net->conf->cache_servers;
    if (servers[0] == '\0')
        return;
    net->cache = memcached(servers, strlen(servers));
    if (!net->cache || memcached_server_count(net->cache) == 0) {
        log_event(LOG_ERROR, "no cache: cache.servers cannot be used", LOG_S("value", servers));
        if (net->cache)
            memcached_free(net->cache);
        net->cache = NULL;
        return;
    }
    arena_defer(net->arena, close_cache, net->cache);
    set_options(net->cache);
    net->servers = memcached_server_count(net->cache);
    net->left_until_us = arena_array(net->arena, int64_t, net->servers);
}

static bool is_plain(const char *key)
{
    size_t n = 0;
    for (; key[n] != '\0'; n++)
        if (n == KEY_MAX || key[n] <= ' ' || key[n] > '~')
            return false;
    return n > 0;
}

static const char *key_of(struct op *op, const char *key)
{
    return is_plain(key) ? key : arena_printf(op->arena, "sha256:%s",
                                              crypto_sha256_hex(op->arena, str_of(key)));
}

/* Which server answers for the key; NULL when it is to be left alone. */
static int64_t *server_for(struct net *net, const char *key)
{
    uint32_t i = memcached_generate_hash(net->cache, key, strlen(key));
    int64_t *left_until = &net->left_until_us[i < net->servers ? i : 0];
    return clock_monotonic_us() < *left_until ? NULL : left_until;
}

static void note_failure(struct net *net, int64_t *left_until, memcached_return_t rc)
{
    *left_until = clock_monotonic_us() + LEFT_ALONE_US;
    memcached_quit(net->cache); /* an answer that comes late must not meet the next question */
    metrics_add(METRIC_CACHE_ERRORS, 0, 1);
    log_event(LOG_DEBUG, "cache call failed",
              LOG_S("reason", memcached_strerror(net->cache, rc)));
}

bool cache_get(struct op *op, const char *key, struct str *value)
{
    struct net *net = op->net;
    const char *name = net && net->cache ? key_of(op, key) : NULL;
    int64_t *server = name ? server_for(net, name) : NULL;
    if (!server)
        return false;
    size_t n = 0;
    uint32_t flags = 0;
    memcached_return_t rc = MEMCACHED_FAILURE;
    char *p = memcached_get(net->cache, name, strlen(name), &n, &flags, &rc);
    if (p)
        arena_defer(op->arena, free, p);
    if (rc == MEMCACHED_SUCCESS) {
        *value = (struct str){ p ? p : "", n };
        metrics_add(METRIC_CACHE_HITS, 0, 1);
        return true;
    }
    metrics_add(METRIC_CACHE_MISSES, 0, 1);
    if (rc != MEMCACHED_NOTFOUND)
        note_failure(net, server, rc);
    return false;
}

static uint64_t lead_id(const char *name)
{
    uint8_t hash[SHA256_BYTES];
    uint64_t id;
    crypto_sha256(str_of(name), hash);
    memcpy(&id, hash, sizeof(id));
    return id ? id : 1;
}

static void lead_note(struct net *net, const char *name)
{
    for (size_t i = 0; i < NET_LEADS; i++)
        if (net->leads[i] == 0) {
            net->leads[i] = lead_id(name);
            return;
        }
    net->leads[0] = lead_id(name); /* the oldest lasts its seconds */
}

/* Gives up the lead of the key, if this worker has it. */
static void lead_end(struct op *op, const char *name)
{
    struct net *net = op->net;
    bool any = false;
    for (size_t i = 0; i < NET_LEADS; i++)
        any = any || net->leads[i];
    uint64_t id = any ? lead_id(name) : 0;
    for (size_t i = 0; any && i < NET_LEADS; i++)
        if (net->leads[i] == id) {
            net->leads[i] = 0;
            const char *lead = arena_printf(op->arena, LEAD_PREFIX "%s", name);
            memcached_delete(net->cache, lead, strlen(lead), 0);
        }
}

static time_t expiry(int seconds)
{
    return seconds < 1 ? 1 : seconds > SECONDS_MAX ? SECONDS_MAX : seconds;
}

void cache_set(struct op *op, const char *key, struct str value, int seconds)
{
    struct net *net = op->net;
    const char *name = net && net->cache ? key_of(op, key) : NULL;
    int64_t *server = name ? server_for(net, name) : NULL;
    if (!server)
        return;
    memcached_return_t rc = MEMCACHED_E2BIG;
    if (value.n <= VALUE_MAX)
        rc = memcached_set(net->cache, name, strlen(name), value.p, value.n, expiry(seconds), 0);
    if (rc == MEMCACHED_E2BIG) /* what was there before is out of date */
        rc = memcached_delete(net->cache, name, strlen(name), 0);
    if (rc != MEMCACHED_SUCCESS && rc != MEMCACHED_NOTFOUND)
        note_failure(net, server, rc);
    else
        lead_end(op, name);
}

void cache_delete(struct op *op, const char *key)
{
    struct net *net = op->net;
    const char *name = net && net->cache ? key_of(op, key) : NULL;
    int64_t *server = name ? server_for(net, name) : NULL;
    if (!server)
        return;
    memcached_return_t rc = memcached_delete(net->cache, name, strlen(name), 0);
    if (rc != MEMCACHED_SUCCESS && rc != MEMCACHED_NOTFOUND)
        note_failure(net, server, rc);
}

bool cache_lead(struct op *op, const char *key, int seconds)
{
    struct net *net = op->net;
    const char *name = net && net->cache ? key_of(op, key) : NULL;
    const char *lead = name ? arena_printf(op->arena, LEAD_PREFIX "%s", name) : NULL;
    int64_t *server = lead ? server_for(net, lead) : NULL;
    if (!server)
        return true;
    memcached_return_t rc =
        memcached_add(net->cache, lead, strlen(lead), "1", 1, expiry(seconds), 0);
    if (rc == MEMCACHED_NOTSTORED || rc == MEMCACHED_DATA_EXISTS)
        return false;
    if (rc == MEMCACHED_SUCCESS)
        lead_note(net, name);
    else
        note_failure(net, server, rc);
    return true;
}
