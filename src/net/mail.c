/* Hands a mail to the configured server. */
#include "net/mail.h"

#include <string.h>

#include "core/arena.h"
#include "core/assert.h"
#include "core/clock.h"
#include "core/conf.h"
#include "core/metrics.h"
#include "core/op.h"
#include "net/breaker.h"
#include "net/fetch.h"
#include "net/mail_text.h"
#include "net/private.h"

#define TOTAL_MS 10000

static size_t give(char *out, size_t size, size_t n, void *arg)
{
    struct str *rest = arg;
    size_t bytes = size * n < rest->n ? size * n : rest->n;
    memcpy(out, rest->p, bytes);
    rest->p += bytes;
    rest->n -= bytes;
    return bytes;
}

/* A server on this machine is reached as it is; any other must offer TLS and prove who it is. */
static long tls_for(const struct host *host)
{
    bool here = strcmp(host->name, "127.0.0.1") == 0 || strcmp(host->name, "[::1]") == 0 ||
                strcmp(host->name, "localhost") == 0;
    return here ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL;
}

static CURLcode transfer(struct op *op, const char *to, struct str *text, char *reason, long *reply)
{
    const struct net *net = op->net;
    const char *from = arena_printf(op->arena, "<%s>", net->conf->smtp_from);
    CURL *curl = curl_easy_init();
    struct curl_slist *recipients = curl_slist_append(NULL, arena_printf(op->arena, "<%s>", to));
    ASSERT(curl && recipients);
    net_curl_options(net, curl, TOTAL_MS, reason);
    curl_easy_setopt(curl, CURLOPT_URL, net->conf->smtp_url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL, tls_for(&net->hosts.host[net->hosts.mail]));
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_READDATA, text);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, reply);
    curl_easy_cleanup(curl); /* says QUIT: a mail is seldom followed by another */
    curl_slist_free_all(recipients);
    return rc;
}

/* The server has judged this message; troubles of login or greeting are not the message's. */
static bool is_final(CURLcode rc, long reply)
{
    return (rc == CURLE_SEND_ERROR || rc == CURLE_RECV_ERROR || rc == CURLE_WEIRD_SERVER_REPLY) &&
           reply >= 550 && reply <= 559;
}

static void count(struct breaker_state *breaker, CURLcode rc, long reply)
{
    bool answered = rc == CURLE_OK || (reply >= 400 && reply != 421);
    if (answered)
        breaker_answered(breaker);
    else
        breaker_failed(breaker, clock_monotonic_us());
    metrics_add(METRIC_FETCHES, answered ? FETCH_ANSWERED : FETCH_UNKNOWN, 1);
}

bool mail_send(struct op *op, const struct mail *mail, bool *permanent, const char **problem)
{
    const struct net *net = op->net;
    struct str text;
    char reason[CURL_ERROR_SIZE] = "";
    long reply = 0;
    *permanent = true;
    *problem = "no mail server is configured (smtp.url)";
    if (!net || net->hosts.mail == HOSTS_MAX ||
        !mail_compose(op->arena, net->conf->smtp_from, mail, clock_unix(), &text, problem))
        return false;
    struct breaker_state *breaker = net_breaker(net->hosts.mail);
    *permanent = false;
    *problem = "circuit breaker is open";
    if (!breaker_allow(breaker, clock_monotonic_us()))
        return false;
    CURLcode rc = transfer(op, mail->to, &text, reason, &reply);
    count(breaker, rc, reply);
    *permanent = rc != CURLE_OK && is_final(rc, reply);
    *problem = rc == CURLE_OK ? NULL
                              : arena_printf(op->arena, "%s (reply %ld)",
                                             reason[0] ? reason : curl_easy_strerror(rc), reply);
    return rc == CURLE_OK;
}
