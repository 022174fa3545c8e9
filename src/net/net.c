/* Opens a worker's outgoing connections. */
#include "net/net.h"

#include "core/arena.h"
#include "core/assert.h"
#include "core/conf.h"
#include "core/metrics.h"
#include "core/spans.h"
#include "net/fetch.h"
#include "net/private.h"

#define CONNECT_MS 2000L

static struct breaker_state own_breakers[HOSTS_MAX];
static struct breaker_state *breakers = own_breakers;
static size_t breaker_count = HOSTS_MAX;
static const struct hosts *named; /* of the last net_open */

static const char *host_label(unsigned label)
{
    return label < named->n ? named->host[label].label : NULL;
}

static const char *outcome_label(unsigned label)
{
    static const char *const names[] = {
        [FETCH_ANSWERED] = "answered",
        [FETCH_NOT_SENT] = "not_sent",
        [FETCH_UNKNOWN] = "unknown",
    };
    return label < sizeof(names) / sizeof(names[0]) ? names[label] : NULL;
}

static void close_curl(void *curl)
{
    curl_easy_cleanup(curl);
}

struct net *net_open(struct arena *process, const struct conf *conf)
{
    struct net *net = arena_new(process, struct net);
    net->arena = process;
    net->conf = conf;
    ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    net->curl = curl_easy_init();
    ASSERT(net->curl);
    arena_defer(process, close_curl, net->curl);
    hosts_load(&net->hosts, process, conf);
    net_cache_open(net);
    named = &net->hosts;
    metrics_label_names(METRIC_BREAKER_OPEN, host_label);
    metrics_label_names(METRIC_FETCHES, outcome_label);
    spans_enable(conf->trace_url[0] != '\0');
    return net;
}

void net_breakers(struct breaker_state *shared, size_t n)
{
    breakers = shared;
    breaker_count = n;
}

struct breaker_state *net_breaker(size_t host)
{
    return &breakers[host % breaker_count];
}

void net_curl_options(const struct net *net, CURL *curl, long total_ms, char *errbuf)
{
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, errbuf);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, total_ms);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (net->conf->net_ca_file[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, net->conf->net_ca_file);
}
