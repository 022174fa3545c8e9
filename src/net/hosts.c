/* The allow-list of outgoing calls. */
#include "net/hosts.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/log.h"
#include "core/str.h"

#define NAME_MAX_BYTES 256

struct place {
    char scheme[8];
    char name[NAME_MAX_BYTES];
    int port;
};

static bool copy_part(CURLU *u, CURLUPart part, unsigned flags, char *out, size_t size)
{
    char *text = NULL;
    bool good = curl_url_get(u, part, &text, flags) == CURLUE_OK && strlen(text) < size;
    if (good)
        for (size_t i = 0; i <= strlen(text); i++)
            out[i] = (char)tolower((unsigned char)text[i]);
    curl_free(text);
    return good;
}

static bool has_user(CURLU *u)
{
    char *user = NULL;
    bool has = curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK;
    curl_free(user);
    return has;
}

static bool read_place(const char *url, bool user_allowed, struct place *out)
{
    char port[8];
    int64_t number = 0;
    CURLU *u = curl_url();
    bool good = u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
                copy_part(u, CURLUPART_SCHEME, 0, out->scheme, sizeof(out->scheme)) &&
                copy_part(u, CURLUPART_HOST, 0, out->name, sizeof(out->name)) &&
                copy_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof(port)) &&
                str_int(str_of(port), &number) && (user_allowed || !has_user(u));
    out->port = (int)number;
    curl_url_cleanup(u);
    return good;
}

static bool is_loopback(const char *name)
{
    return strcmp(name, "127.0.0.1") == 0 || strcmp(name, "[::1]") == 0;
}

static size_t find(const struct hosts *h, const struct place *p, bool plain)
{
    size_t i = 0;
    while (i < h->n && !(h->host[i].port == p->port && h->host[i].plain == plain &&
                         strcmp(h->host[i].name, p->name) == 0))
        i++;
    return i;
}

static size_t add(struct hosts *h, struct arena *a, const struct place *p, bool plain)
{
    size_t i = find(h, p, plain);
    if (i < h->n)
        return i;
    if (h->n == HOSTS_MAX) {
        log_event(LOG_ERROR, "too many hosts to call", LOG_S("host", p->name));
        return h->n;
    }
    h->host[i] = (struct host){ .name = arena_strdup(a, p->name),
                                .port = p->port,
                                .plain = plain,
                                .label = arena_printf(a, "%s:%d", p->name, p->port) };
    h->n++;
    return i;
}

static void refuse(const char *key)
{
    log_event(LOG_ERROR, "address cannot be called: https is wanted", LOG_S("key", key));
}

static void add_base(struct hosts *h, struct arena *a, const char *key, const char *url)
{
    struct place p;
    if (!read_place(url, false, &p) || strcmp(p.scheme, "https") != 0)
        refuse(key);
    else
        add(h, a, &p, false);
}

static void add_collector(struct hosts *h, struct arena *a, const char *url)
{
    struct place p;
    if (url[0] == '\0')
        return;
    if (!read_place(url, false, &p) || (strcmp(p.scheme, "http") == 0 && !is_loopback(p.name)))
        refuse("trace.url");
    else
        add(h, a, &p, strcmp(p.scheme, "http") == 0);
}

static void add_listed(struct hosts *h, struct arena *a, const char *list)
{
    struct str rest = str_of(list);
    while (rest.n > 0) {
        struct str item = str_trim(str_cut(&rest, ','));
        struct place p;
        if (item.n == 0)
            continue;
        if (read_place(arena_printf(a, "https://" STR_FMT, STR_ARG(item)), false, &p))
            add(h, a, &p, false);
        else
            refuse("net.allow_hosts");
    }
}

static void add_mail(struct hosts *h, struct arena *a, const char *url)
{
    struct place p;
    h->mail = HOSTS_MAX;
    if (url[0] == '\0')
        return;
    if (read_place(url, true, &p) && strncmp(p.scheme, "smtp", 4) == 0) {
        size_t i = add(h, a, &p, false);
        h->mail = i < h->n ? i : HOSTS_MAX;
    } else {
        log_event(LOG_ERROR, "address cannot be used: smtp or smtps is wanted",
                  LOG_S("key", "smtp.url"));
    }
}

void hosts_load(struct hosts *h, struct arena *a, const struct conf *conf)
{
    h->n = 0;
    add_base(h, a, "zibal.base_url", conf->zibal_base_url);
    add_base(h, a, "zibal.platform_url", conf->zibal_platform_url);
    add_base(h, a, "zarinpal.base_url", conf->zarinpal_base_url);
    add_base(h, a, "sms.base_url", conf->sms_base_url);
    add_listed(h, a, conf->net_allow_hosts);
    add_collector(h, a, conf->trace_url);
    add_mail(h, a, conf->smtp_url);
}

int hosts_find(const struct hosts *h, const char *url, const char **why)
{
    struct place p;
    *why = "the address cannot be read";
    if (!read_place(url, false, &p))
        return -1;
    *why = "only https may be called";
    bool plain = strcmp(p.scheme, "http") == 0;
    if (!plain && strcmp(p.scheme, "https") != 0)
        return -1;
    size_t i = find(h, &p, plain);
    if (i < h->n)
        return (int)i;
    if (!plain)
        *why = "the host is not among those that may be called";
    return -1;
}
