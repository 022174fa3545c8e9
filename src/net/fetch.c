/* Outgoing HTTP over one curl handle: what may be called, for how long, and what is known after. */
#include "net/fetch.h"

#include <string.h>

#include "core/arena.h"
#include "core/assert.h"
#include "core/clock.h"
#include "core/crypto.h"
#include "core/metrics.h"
#include "core/op.h"
#include "net/breaker.h"
#include "net/private.h"

#define TOTAL_MS 5000
#define ANSWER_MAX ((size_t)1 << 20)
#define RETRIES 2
#define BACKOFF_MS 100 /* doubled by each retry, plus as much again at random */
#define WORTH_MS 100   /* less time than this is not enough for another try */

struct transfer {
    struct buf body;
    bool too_large;
};

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t bytes = size * n;
    if (t->body.n + bytes > ANSWER_MAX) {
        t->too_large = true;
        return 0;
    }
    buf_add(&t->body, data, bytes);
    return bytes;
}

static struct curl_slist *append(struct curl_slist *list, const char *header)
{
    ASSERT(!strpbrk(header, "\r\n"));
    struct curl_slist *longer = curl_slist_append(list, header);
    ASSERT(longer);
    return longer;
}

static struct curl_slist *headers_of(struct op *op, const struct fetch_call *call)
{
    struct curl_slist *list = append(NULL, "Expect:");
    if (call->content_type)
        list = append(list, arena_printf(op->arena, "Content-Type: %s", call->content_type));
    for (size_t i = 0; call->headers && call->headers[i]; i++)
        list = append(list, call->headers[i]);
    return list;
}

/* A call that must not be repeated gets a connection of its own: curl silently sends again when a
 * kept one turns out to be closed. */
static void set_request(CURL *curl, const struct fetch_call *call)
{
    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "tarazu");
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, call->idempotent ? 0L : 1L);
    if (strcmp(call->method, "GET") != 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.n ? call->body.p : "");
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    }
}

/* Nothing was written to the connection: it cannot have been acted upon. */
static bool was_sent(CURL *curl)
{
    long bytes = 1;
    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > 0;
}

static void perform(struct op *op, const struct fetch_call *call, long ms, struct fetch_answer *out)
{
    CURL *curl = op->net->curl;
    struct transfer t = { .too_large = false };
    char reason[CURL_ERROR_SIZE] = "";
    long status = 0;
    buf_init(&t.body, op->arena, 0);
    struct curl_slist *headers = headers_of(op, call);
    curl_easy_reset(curl);
    net_curl_options(op->net, curl, ms, reason);
    set_request(curl, call);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &t);
    CURLcode rc = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    out->status = 0;
    out->body = (struct str){ 0 };
    out->problem = NULL;
    if (rc == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        out->outcome = FETCH_ANSWERED;
        out->status = (int)status;
        out->body = buf_slice(&t.body);
        return;
    }
    out->outcome = was_sent(curl) ? FETCH_UNKNOWN : FETCH_NOT_SENT;
    const char *problem = reason[0] ? reason : curl_easy_strerror(rc);
    out->problem = t.too_large ? "the answer is too large" : arena_strdup(op->arena, problem);
}

static bool is_trouble(const struct fetch_answer *a)
{
    return a->outcome != FETCH_ANSWERED || a->status >= 500;
}

/* One attempt through the breaker. False, without touching *out, when it did not let it pass. */
static bool attempt(struct op *op, const struct fetch_call *call, struct breaker_state *breaker,
                    int64_t left_ms, struct fetch_answer *out)
{
    if (!breaker_allow(breaker, clock_monotonic_us()))
        return false;
    perform(op, call, (long)left_ms, out);
    if (is_trouble(out))
        breaker_failed(breaker, clock_monotonic_us());
    else
        breaker_answered(breaker);
    return true;
}

static bool is_passing(int status)
{
    return status == 502 || status == 503 || status == 504;
}

static bool wants_retry(const struct fetch_call *call, const struct fetch_answer *a)
{
    return call->idempotent && (a->outcome != FETCH_ANSWERED || is_passing(a->status));
}

static void fetch_host(struct op *op, const struct fetch_call *call, size_t host,
                       struct fetch_answer *out)
{
    struct breaker_state *breaker = net_breaker(host);
    int64_t end = clock_monotonic_us() / 1000 + (call->total_ms ? call->total_ms : TOTAL_MS);
    bool unknown = false; /* an earlier attempt may have been acted upon */
    out->problem = "circuit breaker is open";
    for (int retry = 0;; retry++) {
        int64_t left = end - clock_monotonic_us() / 1000;
        if (!attempt(op, call, breaker, left > 1 ? left : 1, out))
            break;
        unknown = unknown || out->outcome == FETCH_UNKNOWN;
        int pause = (BACKOFF_MS << retry) + (int)crypto_random_below(BACKOFF_MS << retry);
        left = end - clock_monotonic_us() / 1000;
        if (retry == RETRIES || !wants_retry(call, out) || left < pause + WORTH_MS)
            break;
        clock_sleep_ms(pause);
    }
    if (unknown && out->outcome == FETCH_NOT_SENT)
        out->outcome = FETCH_UNKNOWN;
}

void fetch(struct op *op, const struct fetch_call *call, struct fetch_answer *out)
{
    int64_t start = clock_monotonic_us();
    const char *why = "no network in this process";
    *out = (struct fetch_answer){ .outcome = FETCH_NOT_SENT };
    int host = op->net ? hosts_find(&op->net->hosts, call->url, &why) : -1;
    if (host >= 0)
        fetch_host(op, call, (size_t)host, out);
    else
        out->problem = why;
    out->micros = clock_monotonic_us() - start;
    metrics_add(METRIC_FETCHES, out->outcome, 1);
}
