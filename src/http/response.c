/* Answers: status, headers and body. */
#include "http/response.h"

#include "core/arena.h"
#include "core/log.h"
#include "core/view.h"
#include "http/page.h"
#include "http/percent.h"
#include "http/problem.h"
#include "http/request.h"

#define TYPE_PAGE "text/html; charset=utf-8"
#define TYPE_JSON "application/json; charset=utf-8"
#define TYPE_PROBLEM "application/problem+json"

#define RETRY_RATE 30 /* seconds, when nobody said when to come back */
#define RETRY_BUSY 5

struct answer {
    struct request *req;
    const struct templates *templates;
    response_chrome *chrome;
    enum err error;
    int status;
    const char *type;     /* NULL: no body */
    const char *location; /* NULL: none */
    struct str body;
};

static bool is_redirect(int status)
{
    return status >= 300 && status < 400 && status != 304;
}

static void redirect(struct answer *an, int status, const char *location)
{
    an->status = status;
    an->location = location;
    an->type = NULL;
    an->body = (struct str){ "", 0 };
}

static void set_json(struct answer *an, const char *type, const struct view *view)
{
    an->type = type;
    an->body = view ? str_of(view_serialize(an->req->op.arena, view)) : STR("{}");
}

/* 429 and 503 always tell when to come back. */
static int retry_after(const struct answer *an)
{
    const struct request *req = an->req;
    bool failed = an->error != ERR_OK;
    int seconds = failed && req->errinfo.code == an->error ? req->errinfo.retry_after : 0;
    if (seconds <= 0)
        seconds = req->reply.retry_after;
    if (seconds <= 0 && an->status == 429)
        seconds = RETRY_RATE;
    if (seconds <= 0 && an->status == 503)
        seconds = RETRY_BUSY;
    return seconds > 0 ? seconds : 0;
}

static void make_error(struct answer *an)
{
    struct request *req = an->req;
    an->status = err_status(an->error);
    if (req->accept == ACCEPT_HTML) {
        const char *login = page_login(req, an->error);
        if (login) {
            redirect(an, 303, login);
            return;
        }
        an->type = TYPE_PAGE;
        if (page_error(req, an->templates, an->error, retry_after(an), an->chrome, &an->body))
            return;
    }
    set_json(an, TYPE_PROBLEM, problem_view(&req->op, an->error));
}

/* Where the answer sends the client, if anywhere: a status of 3xx, a GET with a location, and a
 * browser's POST with one. */
static bool make_redirect(struct answer *an)
{
    const struct reply *reply = &an->req->reply;
    bool browser = an->req->accept == ACCEPT_HTML;
    if (!reply->location)
        return false;
    if (is_redirect(reply->status))
        redirect(an, reply->status, reply->location);
    else if (browser || an->req->method == METHOD_GET)
        redirect(an, 303, reply->location);
    else
        return false;
    return true;
}

static void make_success(struct answer *an)
{
    struct request *req = an->req;
    const struct reply *reply = &req->reply;
    if (make_redirect(an))
        return;
    an->status = reply->status ? reply->status : 200;
    if (an->status == 201)
        an->location = reply->location;
    if (an->status == 204 || an->status == 304)
        return;
    if (reply->body) {
        an->type = reply->content_type ? reply->content_type : "application/octet-stream";
        an->body = (struct str){ reply->body, reply->body_size };
        return;
    }
    const char *name = reply->template;
    if (!name && req->route)
        name = req->route->template;
    if (req->accept == ACCEPT_HTML && name) {
        an->type = TYPE_PAGE;
        if (page_render(req, an->templates, name, reply->view, an->chrome, &an->body))
            return;
        log_error("template %s is missing", name);
    }
    set_json(an, TYPE_JSON, reply->view);
}

static void line(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, "%s: %s\r\n", name, value);
}

/* Oldest first, so that of two cookies with one name the browser keeps the newer. */
static void further_headers(struct buf *b, struct arena *a, const struct header *newest)
{
    size_t n = 0;
    for (const struct header *h = newest; h; h = h->next)
        n++;
    const struct header **all = arena_array(a, const struct header *, n);
    size_t i = n;
    for (const struct header *h = newest; h; h = h->next)
        all[--i] = h;
    for (i = 0; i < n; i++)
        line(b, all[i]->name, all[i]->value);
}

static const char *make_headers(const struct answer *an)
{
    struct request *req = an->req;
    struct arena *a = req->op.arena;
    struct buf b;
    buf_init(&b, a, 512);
    if (an->type)
        line(&b, "Content-Type", an->type);
    line(&b, "X-Request-Id", req->op.request_id);
    bool fixed = an->error == ERR_OK && req->reply.cache_control;
    line(&b, "Cache-Control", fixed ? req->reply.cache_control : "no-store");
    if (fixed) /* for caches that are not ours: nginx knows these by its key */
        line(&b, "Vary", "Accept, Accept-Language, Cookie, Authorization");
    if (an->location)
        line(&b, "Location", percent_encode_url(a, an->location));
    int seconds = retry_after(an);
    if (seconds > 0)
        buf_printf(&b, "Retry-After: %d\r\n", seconds);
    if (req->reply.replayed && an->error == ERR_OK)
        line(&b, "Idempotent-Replayed", "true");
    if (an->status == 405)
        line(&b, "Allow", req->allow ? req->allow : "");
    if (an->status == 401 && req->accept == ACCEPT_JSON)
        line(&b, "WWW-Authenticate",
             an->error == ERR_TOKEN_INVALID ? "Bearer error=\"invalid_token\"" : "Bearer");
    further_headers(&b, a, req->reply.headers);
    return buf_text(&b);
}

void response_make(struct request *req, enum err result, const struct templates *templates,
                   response_chrome *chrome, struct response *out)
{
    struct answer an = {
        .req = req,
        .templates = templates,
        .chrome = chrome,
        .error = result,
        .body = { "", 0 },
    };
    if (result == ERR_OK)
        make_success(&an);
    else
        make_error(&an);
    *out = (struct response){ an.status, make_headers(&an), an.body.p, an.body.n };
}
