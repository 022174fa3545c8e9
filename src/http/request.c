/* A request out of FastCGI parameters, and reading it. */
#define _GNU_SOURCE 1 /* memmem */
#include "http/request.h"

#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/crypto.h"
#include "http/form.h"
#include "http/negotiate.h"
#include "http/percent.h"

#define REQUEST_ID_MAX 64
#define HEADER_NAME_MAX 64

static char *const *copy_env(struct arena *a, char *const *env)
{
    size_t n = 0;
    while (env[n])
        n++;
    char **copy = arena_array(a, char *, n + 1);
    for (size_t i = 0; i < n; i++)
        copy[i] = arena_strdup(a, env[i]);
    return copy;
}

static bool is_request_id(const char *s)
{
    size_t n = s ? strlen(s) : 0;
    return n > 0 && n <= REQUEST_ID_MAX &&
           strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == n;
}

static const char *request_id_of(const struct request *req)
{
    const char *given = request_param(req, "REQUEST_ID");
    if (is_request_id(given))
        return given;
    unsigned char random[16];
    crypto_random(random, sizeof(random));
    return crypto_hex(req->op.arena, random, sizeof(random));
}

static struct str drop_slashes(struct str path)
{
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

/* The path without query, trailing slash and ".json"; *json tells whether it had that suffix. */
static const char *path_of(struct request *req, bool *json)
{
    struct str uri = str_of(req->uri);
    const char *path = percent_decode(req->op.arena, str_cut(&uri, '?'), false);
    *json = false;
    req->bad = !path || path[0] != '/';
    if (req->bad)
        return "/";
    struct str s = drop_slashes(str_of(path));
    *json = str_ends(s, ".json") && (str_is(s, "/.json") || !str_ends(s, "/.json"));
    if (*json)
        s.n -= strlen(".json");
    return str_dup(req->op.arena, s);
}

static void read_method(struct request *req)
{
    const char *method = request_param(req, "REQUEST_METHOD");
    req->head = method && strcmp(method, "HEAD") == 0;
    if (req->head)
        req->method = METHOD_GET;
    else if (!method_parse(method, &req->method))
        req->method = METHOD_COUNT;
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

void request_init(struct request *req, struct arena *a, char *const *env)
{
    *req = (struct request){ .started_us = clock_monotonic_us() };
    req->op.arena = a;
    req->op.err = &req->errinfo;
    req->env = copy_env(a, env);
    req->op.request_id = request_id_of(req);
    req->op.client = or_empty(request_param(req, "REMOTE_ADDR"));
    req->content_type = or_empty(request_param(req, "CONTENT_TYPE"));
    req->query = or_empty(request_param(req, "QUERY_STRING"));
    const char *uri = request_param(req, "REQUEST_URI");
    req->uri = or_empty(uri ? uri : request_param(req, "DOCUMENT_URI"));
    read_method(req);
    bool json_path;
    req->path = path_of(req, &json_path);
    req->accept = negotiate_accept(req, json_path);
    req->op.lang = negotiate_lang(req);
    trace_start(&req->trace, request_header(req, "traceparent"));
}

/* The value behind "NAME=" from `from` on; *at is where it stood. */
static const char *find_param(char *const *from, const char *name, char *const **at)
{
    size_t n = strlen(name);
    for (char *const *p = from; p && *p; p++)
        if (strncmp(*p, name, n) == 0 && (*p)[n] == '=') {
            *at = p;
            return *p + n + 1;
        }
    return NULL;
}

const char *request_param(const struct request *req, const char *name)
{
    char *const *at;
    return find_param(req->env, name, &at);
}

static const char *find_header(const struct request *req, const char *name, char *const **at)
{
    char param[sizeof("HTTP_") + HEADER_NAME_MAX] = "HTTP_";
    size_t n = strlen("HTTP_");
    for (const char *p = name; *p; p++) {
        if (n == sizeof(param) - 1)
            return NULL;
        param[n++] = *p == '-' ? '_' : *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
    }
    const char *value = find_param(req->env, param, at);
    bool plain = strcmp(param, "HTTP_CONTENT_TYPE") == 0 ||
                 strcmp(param, "HTTP_CONTENT_LENGTH") == 0;
    return value || !plain ? value : find_param(req->env, param + strlen("HTTP_"), at);
}

const char *request_header(const struct request *req, const char *name)
{
    char *const *at;
    return find_header(req, name, &at);
}

const char *request_sole_header(const struct request *req, const char *name)
{
    char *const *at, *const *again;
    const char *value = find_header(req, name, &at);
    if (!value)
        return NULL;
    size_t n = (size_t)(value - *at) - 1;
    return find_param(at + 1, arena_strndup(req->op.arena, *at, n), &again) ? NULL : value;
}

const char *request_query(const struct request *req, const char *name)
{
    struct str rest = str_of(req->query), key, value;
    const char *found = NULL;
    while (form_next(&rest, &key, &value)) {
        const char *decoded = percent_decode(req->op.arena, key, true);
        if (decoded && strcmp(decoded, name) == 0)
            found = percent_decode(req->op.arena, value, true);
    }
    return found;
}

const struct upload *request_upload(const struct request *req, const char *field)
{
    for (size_t i = 0; i < req->upload_count; i++)
        if (strcmp(req->uploads[i].field, field) == 0)
            return &req->uploads[i];
    return NULL;
}

const char *request_back(const struct request *req)
{
    struct str url = str_of(request_header(req, "Referer"));
    struct str host = str_of(request_header(req, "Host"));
    struct str scheme = url;
    const char *rest = url.n > 0 ? memmem(url.p, url.n, "://", 3) : NULL;
    if (!rest || host.n == 0)
        return NULL;
    scheme.n = (size_t)(rest - url.p);
    if (!str_is(scheme, "https") && !str_is(scheme, "http"))
        return NULL;
    url = (struct str){ rest + 3, url.n - scheme.n - 3 };
    url = str_cut(&url, '#');
    if (url.n <= host.n || memcmp(url.p, host.p, host.n) != 0 || url.p[host.n] != '/' ||
        (url.n > host.n + 1 && (url.p[host.n + 1] == '/' || url.p[host.n + 1] == '\\')))
        return NULL;
    const char *path = str_dup(req->op.arena, (struct str){ url.p + host.n, url.n - host.n });
    return percent_encode_url(req->op.arena, path);
}
