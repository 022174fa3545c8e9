/* Delivery threads: sign, send, retry with growing pauses, journal every attempt. */
#include "sandbox/courier.h"

#include <curl/curl.h>
#include <gnutls/crypto.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/bank.h"
#include "sandbox/field.h"
#include "sandbox/journal.h"
#include "sandbox/options.h"
#include "sandbox/payer.h"
#include "sandbox/state.h"
#include "sandbox/strbuf.h"
#include "sandbox/when.h"

#define THREADS 8
#define CONNECT_MS 3000L
#define TOTAL_MS 15000L
#define RETRY_FIRST_US 500000
#define IDLE_WAIT_US 3600000000LL

static struct delivery *waiting;
static pthread_t threads[THREADS];
static size_t started;
static size_t flying; /* deliveries on their way */

void courier_send(struct delivery *d)
{
    d->next = waiting;
    waiting = d;
    state_wake();
}

size_t courier_open(void)
{
    size_t n = flying;
    for (struct delivery *d = waiting; d; d = d->next)
        n++;
    return n;
}

static void delivery_free(struct delivery *d)
{
    free(d->url);
    free(d->body);
    free(d);
}

/* The earliest delivery taken out when it is due; else NULL and *wake says when to look again. */
static struct delivery *take_due(int64_t *wake)
{
    struct delivery **best = NULL;
    for (struct delivery **at = &waiting; *at; at = &(*at)->next) {
        if (!best || (*at)->due < (*best)->due)
            best = at;
    }
    int64_t now = when_now();
    *wake = best ? (*best)->due : now + IDLE_WAIT_US;
    if (!best || (*best)->due > now)
        return NULL;
    struct delivery *d = *best;
    *best = d->next;
    d->next = NULL;
    flying++;
    return d;
}

static void release_held(void)
{
    for (struct delivery *d = waiting; d; d = d->next) {
        if (d->held)
            d->due = 0;
        d->held = false;
    }
    state_wake();
}

struct report {
    long http_status; /* 0: no answer */
    const char *cut;  /* "before" or "after" when a fault cut the connection */
    char error[CURL_ERROR_SIZE];
};

static size_t ignore_answer(char *data, size_t size, size_t n, void *cls)
{
    (void)data;
    (void)cls;
    return size * n;
}

static void sign(const struct delivery *d, const char *timestamp, char out[80])
{
    struct strbuf message = { 0 };
    unsigned char mac[32];
    strbuf_printf(&message, "%s.%s", timestamp, d->body);
    gnutls_hmac_fast(GNUTLS_MAC_SHA256, options.webhook_secret, strlen(options.webhook_secret),
                     message.at, message.len, mac);
    strbuf_free(&message);
    if (d->outcome.forged)
        mac[0] ^= 0xFF;
    snprintf(out, 80, "v1=");
    for (size_t i = 0; i < sizeof mac; i++)
        snprintf(out + 3 + i * 2, 3, "%02x", mac[i]);
}

/* Header lines of the request; the caller frees the list. */
static struct curl_slist *headers_of(const struct delivery *d)
{
    struct curl_slist *list = curl_slist_append(NULL, "Accept: text/html, application/json");
    char timestamp[32], signature[80], line[160];
    if (d->body)
        list = curl_slist_append(list, "Content-Type: application/json");
    if (!d->sign)
        return list;
    snprintf(timestamp, sizeof timestamp, "%lld",
             (long long)(when_now() / 1000000 - d->outcome.stale));
    sign(d, timestamp, signature);
    snprintf(line, sizeof line, "X-Tarazu-Timestamp: %s", timestamp);
    list = curl_slist_append(list, line);
    snprintf(line, sizeof line, "X-Tarazu-Signature: %s", signature);
    return curl_slist_append(list, line);
}

static CURL *new_handle(const struct delivery *d, struct report *r)
{
    CURL *c = curl_easy_init();
    if (!c)
        return NULL;
    curl_easy_setopt(c, CURLOPT_URL, d->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, TOTAL_MS);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, r->error);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "tarazu-sandbox");
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, ignore_answer);
    if (options.ca) {
        struct curl_blob ca = { options.ca, strlen(options.ca), CURL_BLOB_NOCOPY };
        curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &ca);
    }
    return c;
}

static void send_all(CURL *c, const struct strbuf *text)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    size_t done = 0;
    curl_easy_getinfo(c, CURLINFO_ACTIVESOCKET, &fd);
    for (int tries = 0; done < text->len && tries < 100; tries++) {
        size_t n = 0;
        CURLcode rc = curl_easy_send(c, text->at + done, text->len - done, &n);
        done += n;
        struct pollfd ready = { .fd = fd, .events = POLLOUT };
        if (rc == CURLE_AGAIN)
            poll(&ready, 1, 50);
        else if (rc != CURLE_OK)
            return;
    }
}

/* Connects, perhaps writes the whole request, and closes without reading the answer. */
static void send_and_cut(CURL *c, const struct delivery *d, struct curl_slist *headers,
                         struct report *r)
{
    struct strbuf text = { 0 };
    const char *host = strstr(d->url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
    r->cut = d->outcome.reset_before ? "before" : "after";
    if (curl_easy_perform(c) != CURLE_OK || d->outcome.reset_before || !path)
        return;
    strbuf_printf(&text, "%s %s HTTP/1.1\r\nHost: %.*s\r\n", d->body ? "POST" : "GET", path,
                  (int)(path - host - 3), host + 3);
    for (struct curl_slist *h = headers; h; h = h->next)
        strbuf_printf(&text, "%s\r\n", h->data);
    strbuf_printf(&text, "Content-Length: %zu\r\n\r\n%s", d->body ? strlen(d->body) : 0,
                  d->body ? d->body : "");
    send_all(c, &text);
    strbuf_free(&text);
}

static void carry(const struct delivery *d, struct report *r)
{
    CURL *c = new_handle(d, r);
    if (!c)
        return;
    struct curl_slist *headers = headers_of(d);
    if (d->outcome.reset_before || d->outcome.reset_after) {
        send_and_cut(c, d, headers, r);
    } else {
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
        if (d->body)
            curl_easy_setopt(c, CURLOPT_POSTFIELDS, d->body);
        if (curl_easy_perform(c) == CURLE_OK)
            curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &r->http_status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
}

static const char *effect_of(const struct report *r)
{
    return r->cut                                            ? "cut"
           : r->http_status >= 200 && r->http_status < 400 ? "delivered"
           : r->http_status                                ? "refused"
                                                           : "unreachable";
}

/* Lock held. */
static char *note(const struct delivery *d, const struct report *r)
{
    struct entry e = { .call = call_name(d->call), .track = d->track, .faults = d->outcome.names };
    e.request = json_object_new_object();
    e.result = json_object_new_object();
    e.effect.kind = effect_of(r);
    field_put_str(e.request, "url", d->url);
    field_put_int(e.request, "attempt", d->attempt);
    if (d->body)
        field_put(e.request, "body", json_tokener_parse(d->body));
    field_put(e.result, "http_status",
              r->http_status ? json_object_new_int64(r->http_status) : NULL);
    if (!r->http_status && !r->cut)
        field_put_str(e.result, "error", r->error[0] ? r->error : "no answer");
    if (r->cut)
        field_put_str(e.result, "cut", r->cut);
    char *line = journal_add(&e);
    json_object_put(e.request);
    json_object_put(e.result);
    return line;
}

/* Lock held. A webhook that was not taken comes again; one that a fault bent does not. */
static void retry_or_free(struct delivery *d, const struct report *r)
{
    bool taken = r->http_status >= 200 && r->http_status < 300;
    if (taken || d->attempts_left <= 0 || d->outcome.forged || d->outcome.stale ||
        d->outcome.garbage) {
        delivery_free(d);
        return;
    }
    d->due = when_now() + ((int64_t)RETRY_FIRST_US << (d->attempt - 1));
    d->attempt++;
    d->attempts_left--;
    d->outcome.reset_before = d->outcome.reset_after = 0; /* the next attempt goes through */
    courier_send(d);
}

static void deliver(struct delivery *d)
{
    struct report r = { 0 };
    carry(d, &r);
    state_lock();
    char *line = note(d, &r);
    retry_or_free(d, &r);
    flying--;
    release_held();
    state_unlock();
    journal_write(line);
}

/* The payer who said "later" pays. Lock held. */
static char *pay_late(struct delivery *d)
{
    struct payment *p = bank_find(d->track);
    char *line = p && p->late_at && p->late_at <= when_now() ? payer_pay_late(p) : NULL;
    delivery_free(d);
    flying--;
    return line;
}

static void *run(void *cls)
{
    (void)cls;
    state_lock();
    while (!state_stopping()) {
        int64_t wake;
        struct delivery *d = take_due(&wake);
        if (!d) {
            state_wait(wake);
            continue;
        }
        bool to_shop = d->call != CALL_BANK;
        char *line = to_shop ? NULL : pay_late(d);
        state_unlock();
        if (line)
            journal_write(line);
        if (to_shop)
            deliver(d);
        state_lock();
    }
    state_unlock();
    return NULL;
}

bool courier_start(void)
{
    for (; started < THREADS; started++) {
        if (pthread_create(&threads[started], NULL, run, NULL) != 0)
            return false;
    }
    return true;
}

void courier_stop(void)
{
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    while (waiting) {
        struct delivery *d = waiting;
        waiting = d->next;
        delivery_free(d);
    }
    started = 0;
}
