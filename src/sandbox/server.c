/* HTTPS server over libmicrohttpd: collects the body, runs the exchange, sends the answer. */
#include "sandbox/server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sandbox/exchange.h"
#include "sandbox/field.h"
#include "sandbox/options.h"

#define BODY_MAX (4 * 1024 * 1024)
#define IDLE_SECONDS 120
#define CONNECTIONS_MAX 2000

static struct MHD_Daemon *daemon_handle;

const char *exchange_header(const struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->conn, MHD_HEADER_KIND, name);
}

bool exchange_wants_page(const struct exchange *x)
{
    const char *accept = exchange_header(x, "Accept");
    return accept && strstr(accept, "text/html");
}

void answer_json(struct exchange *x, int status, json_object *json)
{
    x->status = status;
    x->json = json;
}

void answer_error(struct exchange *x, int status, const char *error)
{
    json_object *o = json_object_new_object();
    field_put_str(o, "error", error);
    answer_json(x, status, o);
}

void answer_redirect(struct exchange *x, const char *location)
{
    x->status = 303;
    free(x->location);
    x->location = heap_dup(location);
}

static enum MHD_Result take_query(void *cls, enum MHD_ValueKind kind, const char *key,
                                  const char *value)
{
    (void)kind;
    field_put_str(cls, key, value ? value : "");
    return MHD_YES;
}

static struct exchange *exchange_new(struct MHD_Connection *conn, const char *path,
                                     const char *method)
{
    struct exchange *x = heap_new(sizeof *x);
    x->conn = conn;
    x->path = heap_dup(path);
    x->method = strcmp(method, "HEAD") == 0 ? "GET" : method;
    x->query = json_object_new_object();
    x->in = json_object_new_object();
    MHD_get_connection_values(conn, MHD_GET_ARGUMENT_KIND, take_query, x->query);
    return x;
}

static void exchange_free(struct exchange *x)
{
    free(x->path);
    free(x->param[0]);
    free(x->param[1]);
    free(x->location);
    strbuf_free(&x->body);
    strbuf_free(&x->html);
    json_object_put(x->in);
    json_object_put(x->query);
    json_object_put(x->json);
    json_object_put(x->entry.request);
    json_object_put(x->entry.messages);
    free(x);
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)conn;
    (void)code;
    if (*context)
        exchange_free(*context);
    *context = NULL;
}

static enum MHD_Result send_answer(struct exchange *x)
{
    const char *type = x->json ? "application/json; charset=utf-8"
                       : x->type ? x->type
                                 : "text/html; charset=utf-8";
    const char *text = x->json ? field_text(x->json) : strbuf_text(&x->html);
    size_t length = x->json ? strlen(text) : x->html.len;
    struct MHD_Response *r =
        MHD_create_response_from_buffer(length, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    if (!r)
        return MHD_NO;
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "Cache-Control", x->cacheable ? "max-age=300" : "no-store");
    MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    if (x->location)
        MHD_add_response_header(r, "Location", x->location);
    enum MHD_Result ok = MHD_queue_response(x->conn, (unsigned)x->status, r);
    MHD_destroy_response(r);
    return ok;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **context)
{
    (void)cls;
    (void)version;
    struct exchange *x = *context;
    if (!x) {
        *context = exchange_new(conn, url, method);
        return MHD_YES;
    }
    if (*data_size) {
        if (x->body.len + *data_size > BODY_MAX)
            x->too_large = true;
        else
            strbuf_add(&x->body, data, *data_size);
        *data_size = 0;
        return MHD_YES;
    }
    exchange_run(x);
    return x->hangup ? MHD_NO : send_answer(x);
}

static bool listen_address(struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    memset(out, 0, sizeof *out);
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)options.listen_port);
    return inet_pton(AF_INET, options.listen_host, &v4->sin_addr) == 1;
}

bool server_start(void)
{
    struct sockaddr_storage address;
    if (!listen_address(&address)) {
        fprintf(stderr, "tarazu-sandbox: --listen wants a numeric IPv4 address\n");
        return false;
    }
    daemon_handle = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
            MHD_USE_TLS,
        0, NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_HTTPS_MEM_CERT, options.tls_cert, MHD_OPTION_HTTPS_MEM_KEY, options.tls_key,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)1024, MHD_OPTION_THREAD_STACK_SIZE,
        (size_t)(512 * 1024), MHD_OPTION_END);
    if (!daemon_handle)
        fprintf(stderr, "tarazu-sandbox: cannot listen on %s:%d (is the port taken?)\n",
                options.listen_host, options.listen_port);
    return daemon_handle != NULL;
}

void server_stop(void)
{
    if (daemon_handle)
        MHD_stop_daemon(daemon_handle);
    daemon_handle = NULL;
}
