/* The request pipeline. */
#include "routes/pipeline.h"

#include <string.h>
#include <strings.h>

#include "auth/policy.h"
#include "auth/rate.h"
#include "auth/session.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/conf.h"
#include "core/str.h"
#include "core/test_hooks.h"
#include "core/view.h"
#include "db/claim.h"
#include "db/tx.h"
#include "http/decode.h"
#include "http/fcgi.h"
#include "http/request.h"
#include "proc/scoreboard.h"
#include "routes/app.h"
#include "routes/cors.h"
#include "routes/fingerprint.h"
#include "routes/handlers.h"
#include "routes/identity.h"
#include "shop/cart.h"

static enum err read_body(struct fcgi *f, struct request *req)
{
    bool too_large = false;
    if (fcgi_read_body(f, req, request_body_max(req), &too_large))
        return ERR_OK;
    return err_set(&req->op, too_large ? ERR_TOO_LARGE : ERR_BAD_REQUEST, NULL);
}

/* A browser's form may name another method, so it is read before the route is known. */
static enum err match(struct app *app, struct fcgi *f, struct request *req)
{
    enum err error = ERR_OK;
    bool form = request_is_form_post(req);
    if (req->bad)
        return err_set(&req->op, ERR_BAD_REQUEST, NULL);
    if (form) {
        TRY(read_body(f, req));
        TRY(request_read_form(req));
    }
    req->route = router_match(app->router, req->op.arena, req->method, req->path, req->vars, &error, &req->allow);
    if (!req->route)
        return err_set(&req->op, error, NULL);
    scoreboard_busy(req->route->id, req->op.request_id);
    test_operation(req->route->name);
    return form ? ERR_OK : read_body(f, req);
}

static const char *bearer(const struct request *req)
{
    const char *h = request_header(req, "Authorization");
    return h && strncasecmp(h, "Bearer ", 7) == 0 ? h + 7 : NULL;
}

static void renew_cookies(struct request *req, const struct session_found *found)
{
    if (found->new_access)
        reply_cookie(req, COOKIE_ACCESS, found->new_access, found->access_seconds);
    if (found->new_refresh)
        reply_cookie(req, COOKIE_REFRESH, found->new_refresh, found->refresh_seconds);
    if (found->drop_cookies) {
        reply_cookie(req, COOKIE_ACCESS, "", -1);
        reply_cookie(req, COOKIE_REFRESH, "", -1);
    }
}

static enum err identify(struct request *req)
{
    struct session_found found = { .kind = ACTOR_NOBODY };
    struct principal *p = &req->principal;
    const char *token = req->route->flags & ROUTE_RENEW ? NULL : bearer(req);
    TRY(session_resolve(&req->op, token, request_cookie(req, COOKIE_ACCESS), request_cookie(req, COOKIE_REFRESH), &found));
    *p = (struct principal){ .kind = found.kind, .id = found.id, .name = found.name, .session_id = found.session_id,
        .permissions = found.permissions, .by_cookie = found.by_cookie, .cart_token = request_cookie(req, COOKIE_CART) };
    req->op.actor = (struct actor){ .kind = found.kind, .id = found.id, .name = found.name };
    renew_cookies(req, &found);
    if (found.kind == ACTOR_STAFF)
        return ERR_OK;
    return cart_find(&req->op, found.kind == ACTOR_CUSTOMER ? found.id : 0, p->cart_token, &p->cart_id);
}

static bool same_origin(const struct request *req, const char *origin)
{
    const char *host = request_header(req, "Host");
    return strcmp(origin, req->op.conf->shop_base_url) == 0 ||
           (host && strncmp(origin, "https://", 8) == 0 && strcmp(origin + 8, host) == 0);
}

static bool is_json_call(const struct request *req)
{
    return req->accept == ACCEPT_JSON && str_starts(str_of(req->content_type), "application/json");
}

/* Unsafe requests that carry cookies, or could be answered with some, must come from our own pages. */
static enum err check_site(struct request *req)
{
    const char *site = request_header(req, "Sec-Fetch-Site"), *origin = request_header(req, "Origin");
    bool cookies = req->principal.by_cookie || req->principal.cart_token;
    if (req->method == METHOD_GET || !(req->route->flags & ROUTE_CSRF || cookies) || bearer(req))
        return ERR_OK;
    if (!cookies && is_json_call(req) && cors_allowed(req)) /* no form can send that, and no script cookies with it */
        return ERR_OK;
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return err_set(&req->op, ERR_CROSS_SITE, NULL);
    if (origin && !same_origin(req, origin))
        return err_set(&req->op, ERR_CROSS_SITE, NULL);
    return ERR_OK;
}

/* ---- the transaction and its claim ---- */

struct work {
    struct request *req;
    struct claim *claim; /* NULL: no key, or nobody yet to whom it belongs */
    struct claim *later; /* of a guest without a cart */
    struct queued *resource;
    struct header *headers; /* of the pipeline (renewed cookies): a handler that runs again starts with these */
};

static void fresh_reply(struct work *w)
{
    struct request *req = w->req;
    const char *login_page = req->reply.login_page;
    req->reply = (struct reply){ .view = view_new(req->op.arena), .headers = w->headers, .login_page = login_page };
}

static enum err store_answer(struct work *w)
{
    struct op *op = &w->req->op;
    struct reply *r = &w->req->reply;
    struct stored_answer answer = { .status = r->status ? r->status : 200, .location = r->location };
    if (w->claim && r->resource)
        return claim_store_resource(op, w->claim, &answer, r->resource, r->resource_id, &w->resource);
    if (r->resource) {
        w->resource = db_queue(op, Q_RESOURCE, P_TEXT(r->resource), P_INT(r->resource_id), P_TEXT(lang_code(op->lang)));
        return ERR_OK;
    }
    if (!w->claim)
        return ERR_OK;
    answer.body = view_serialize(op->arena, r->view);
    return claim_store(op, w->claim, &answer);
}

/* Whose key it is. A guest is known by the cart. */
static const char *claim_scope(struct request *req)
{
    static const char *const kinds[] = { [ACTOR_CUSTOMER] = "customer", [ACTOR_STAFF] = "staff" };
    const struct principal *p = &req->principal;
    if (p->kind == ACTOR_CUSTOMER || p->kind == ACTOR_STAFF)
        return arena_printf(req->op.arena, "%s:%lld", kinds[p->kind], (long long)p->id);
    return p->cart_id ? arena_printf(req->op.arena, "cart:%lld", (long long)p->cart_id) : NULL;
}

/* A guest's first change makes the cart: from then on there is somebody to whom the key belongs. */
static bool claim_new_cart(struct work *w)
{
    if (w->claim || !w->later)
        return false;
    w->later->scope = claim_scope(w->req);
    w->claim = w->later->scope ? w->later : NULL;
    return w->claim != NULL;
}

static enum err work_in_tx(struct op *op, void *arg)
{
    struct work *w = arg;
    fresh_reply(w);
    if (w->later) { /* a cart made by a run that was rolled back is gone */
        w->req->principal.cart_id = 0;
        w->claim = NULL;
    }
    if (w->claim)
        claim_queue(op, w->claim);
    TRY(w->req->route->handler(w->req));
    if (claim_new_cart(w))
        claim_queue(op, w->claim);
    return store_answer(w);
}

static enum err read_resource(struct request *req, const char *body)
{
    const char *error = NULL;
    req->reply.view = body ? view_parse(req->op.arena, str_of(body), 32, &error) : NULL;
    if (!req->reply.view)
        return err_internal(&req->op, ERR_INTERNAL, "the resource is not there");
    return ERR_OK;
}

static enum err replay(struct work *w, const struct stored_answer *stored)
{
    struct request *req = w->req;
    fresh_reply(w);
    req->reply.status = stored->status;
    req->reply.location = stored->location;
    req->reply.replayed = true;
    return read_resource(req, stored->body);
}

/* An equal request was faster: its answer is there, or will be in a moment. */
static enum err answer_of_other(struct work *w)
{
    struct request *req = w->req;
    struct stored_answer stored;
    bool found;
    err_clear(&req->op);
    TRY(claim_look(&req->op, w->claim, &found, &stored));
    if (found)
        return replay(w, &stored);
    err_retry_after(&req->op, 1);
    return err_set(&req->op, ERR_IDEMPOTENCY_IN_PROGRESS, NULL);
}

static enum err run_claimed(struct request *req, struct work *w)
{
    struct stored_answer stored;
    bool found;
    TRY(claim_look(&req->op, w->claim, &found, &stored));
    if (found)
        return replay(w, &stored);
    enum err e = db_tx(&req->op, work_in_tx, w);
    return e == ERR_CLAIM_TAKEN ? answer_of_other(w) : e;
}

static enum err keep_answer(struct op *op, void *arg)
{
    struct work *w = arg;
    claim_queue(op, w->claim);
    return store_answer(w);
}

/* The handler runs its own transactions (it talks to the bank, or counts refusals): what it answered is
 * kept with the key afterwards, so that a later duplicate is answered alike. */
static enum err run_two_phase(struct request *req, struct work *w)
{
    struct stored_answer stored;
    bool found = false;
    if (w->claim)
        TRY(claim_look(&req->op, w->claim, &found, &stored));
    if (found)
        return replay(w, &stored);
    fresh_reply(w);
    TRY(req->route->handler(req));
    claim_new_cart(w);
    if (!w->claim)
        return req->reply.resource ? store_answer(w) : ERR_OK;
    enum err e = db_tx(&req->op, keep_answer, w);
    return e == ERR_CLAIM_TAKEN ? answer_of_other(w) : e;
}

static enum err work(struct request *req)
{
    const struct route *route = req->route;
    struct work w = { .req = req, .headers = req->reply.headers };
    struct claim claim = { .route = route->name, .key = req->idempotency_key };
    if (route->flags & (ROUTE_IDEMPOTENT | ROUTE_TWO_PHASE) && req->idempotency_key) {
        claim.scope = claim_scope(req);
        claim.fingerprint = request_fingerprint(req);
        w.claim = claim.scope ? &claim : NULL;
        w.later = claim.scope ? NULL : &claim;
    }
    if (route->flags & ROUTE_IDEMPOTENT && w.claim)
        TRY(run_claimed(req, &w));
    else if (route->flags & (ROUTE_TX | ROUTE_IDEMPOTENT))
        TRY(db_tx(&req->op, work_in_tx, &w));
    else
        TRY(run_two_phase(req, &w));
    TRY(db_flush(&req->op));
    return w.resource ? read_resource(req, w.resource->rows.count ? row_text(&w.resource->rows, 0, "body") : NULL) : ERR_OK;
}

/* What belongs to the transport is no part of what was asked: it is neither kept nor audited. */
static void drop_transport_fields(struct request *req)
{
    static const char *const fields[] = { "_method", "_idempotency_key" };
    for (size_t i = 0; req->tree && i < sizeof(fields) / sizeof(fields[0]); i++)
        if (view_has(req->tree, fields[i]))
            view_remove(req->tree, fields[i]);
}

static enum err run(struct app *app, struct fcgi *f, struct request *req)
{
    TRY(match(app, f, req));
    TRY(identify(req));
    if (strncmp(req->path, "/admin", 6) == 0)
        req->reply.login_page = "/admin/login";
    TRY(policy_check(&req->op, (enum policy)req->route->policy, req->principal.kind, req->principal.permissions));
    TRY(check_site(req));
    TRY(request_decode(req));
    drop_transport_fields(req);
    TRY(rate_guard(&req->op, (enum rate_class)req->route->rate, rate_principal(&req->op),
                   req->tree ? view_get_text(req->tree, "altcha") : NULL));
    return work(req);
}

enum err pipeline_run(struct app *app, struct fcgi *f, struct request *req)
{
    req->op.db = app->db;
    req->op.net = app->net;
    req->op.conf = app->conf;
    enum err e = run(app, f, req);
    bool form = e && req->route && req->route->flags & ROUTE_AGAIN && req->accept == ACCEPT_HTML && req->tree;
    return form && req->principal.kind == ACTOR_CUSTOMER ? checkout_again(req, e) : e;
}
