/* Paying: the way to the bank, and all the ways that news of a payment comes back. */
#include "routes/handlers.h"

#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "db/outbox.h"
#include "db/tx.h"
#include "shop/payment.h"

#define WEBHOOK_TOLERANCE_SECONDS 300

struct payment_process_in {
    const char *order, *gateway, *return_url;
};
static const struct field payment_process_fields[] = {
    FIELD(F_DIGITS, payment_process_in, order, .min = 1, .max = 20, .flags = F_REQUIRED, .doc = "order number"),
    FIELD(F_TEXT, payment_process_in, gateway, .max = 40),
    FIELD(F_TEXT, payment_process_in, return_url, .max = 500, .doc = "a page of this shop"),
};
const struct schema payment_process_in = SCHEMA(payment_process_in, payment_process_fields);

/* Only pages of the shop itself may be named. */
static bool return_url_allowed(const struct op *op, const char *url)
{
    const char *base = op->conf->shop_base_url;
    size_t n = strlen(base);
    return !url || (url[0] == '/' && url[1] != '/' && url[1] != '\\') ||
           (strncmp(url, base, n) == 0 && (url[n] == '/' || url[n] == '\0'));
}

enum err payment_process_post(struct request *req)
{
    const struct payment_process_in *in = req->input;
    struct payment_started started;
    if (!return_url_allowed(&req->op, in->return_url)) {
        err_field(&req->op, "/return_url", "not_one_of", NULL);
        return ERR_INVALID_FIELD;
    }
    TRY(payment_start(&req->op, in->order, req->principal.id, in->gateway, in->return_url, &started));
    view_text(req->reply.view, "payment_id", started.uuid);
    view_text(req->reply.view, "redirect_url", started.redirect_url);
    reply_created(req, req->accept == ACCEPT_HTML ? started.redirect_url
                                                  : arena_printf(req->op.arena, "/payments/%s", started.uuid));
    return ERR_OK;
}

struct wallet_topup_in {
    int64_t amount;
    const char *gateway, *return_url;
};
static const struct field topup_fields[] = {
    FIELD(F_INT, wallet_topup_in, amount, .min = 1, .max = INT64_C(1000000000000), .flags = F_REQUIRED, .doc = "Toman"),
    FIELD(F_TEXT, wallet_topup_in, gateway, .max = 40),
    FIELD(F_TEXT, wallet_topup_in, return_url, .max = 500, .doc = "a page of this shop"),
};
const struct schema topup_in = SCHEMA(wallet_topup_in, topup_fields);

enum err wallet_topup_post(struct request *req)
{
    const struct wallet_topup_in *in = req->input;
    struct payment_started started;
    if (!return_url_allowed(&req->op, in->return_url)) {
        err_field(&req->op, "/return_url", "not_one_of", NULL);
        return ERR_INVALID_FIELD;
    }
    struct topup_in topup = { .customer = req->principal.id, .amount = in->amount, .gateway = in->gateway, .return_url = in->return_url };
    TRY(payment_topup(&req->op, &topup, &started));
    view_text(req->reply.view, "payment_id", started.uuid);
    view_text(req->reply.view, "redirect_url", started.redirect_url);
    reply_created(req, req->accept == ACCEPT_HTML ? started.redirect_url
                                                  : arena_printf(req->op.arena, "/payments/%s", started.uuid));
    return ERR_OK;
}

enum err payment_get(struct request *req)
{
    struct rows r;
    TRY(db_query(&req->op, &r, Q_PAYMENT_OWN, P_TEXT(req->vars[0]), P_INT(req->principal.id)));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    req->reply.resource = "payment";
    req->reply.resource_id = row_int(&r, 0, "id");
    return ERR_OK;
}

/* The buyer's browser comes back. The query is only a hint to ask the bank; what the bank says
 * counts, and a bank that does not answer leaves the rest to the reconciler. */
enum err payment_callback_get(struct request *req)
{
    int64_t id;
    const char *result_token;
    enum settle_outcome outcome;
    TRY(payment_by_callback(&req->op, req->vars[0], &id, &result_token));
    if (!id)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    enum err e = payment_settle(&req->op, id, &outcome);
    if (e) {
        log_event(LOG_WARNING, "callback could not settle", LOG_S("error", err_slug(e)), LOG_I("payment", id),
                  LOG_S("internal", req->errinfo.internal));
        err_clear(&req->op);
    }
    reply_redirect(req, arena_printf(req->op.arena, "/payment/result/%s", result_token));
    return ERR_OK;
}

enum err payment_result_get(struct request *req)
{
    struct rows r;
    const char *error = NULL;
    TRY(db_query(&req->op, &r, Q_PAYMENT_RESULT, P_TEXT(req->vars[0])));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    req->reply.view = view_parse(req->op.arena, str_of(row_text(&r, 0, "result")), 16, &error);
    return ERR_OK;
}

/* ---- webhooks ---- */

enum webhook_outcome { WEBHOOK_ACCEPTED, WEBHOOK_DUPLICATE, WEBHOOK_REFUSED, WEBHOOK_UNKNOWN };

static enum err refuse(struct request *req, const char *reason, enum err e)
{
    struct op *op = &req->op;
    struct str head = { req->body.p, req->body.n < 200 ? req->body.n : 200 };
    metrics_add(METRIC_WEBHOOKS, WEBHOOK_REFUSED, 1);
    TRY(db_exec(op, Q_WEBHOOK_REFUSE, P_TEXT(reason), P_TEXT(op->client), P_TEXT(crypto_base64(op->arena, head.p, head.n))));
    return err_internal(op, e, "webhook refused: %s", reason);
}

static bool signature_holds(struct request *req, int64_t at)
{
    struct op *op = &req->op;
    const char *sent = request_header(req, "X-Tarazu-Signature");
    struct buf b;
    if (!op->conf->webhook_secret[0] || !sent || strncmp(sent, "v1=", 3) != 0)
        return false;
    buf_init(&b, op->arena, req->body.n + 32);
    buf_printf(&b, "%lld.", (long long)at);
    buf_add(&b, req->body.p, req->body.n);
    const char *right = crypto_hmac_sha256_hex(op->arena, str_of(op->conf->webhook_secret), buf_slice(&b));
    return crypto_str_equal(str_of(sent + 3), str_of(right));
}

struct event {
    struct request *req;
    const char *gateway, *ref;
    int64_t payment;
    bool fresh;
};

/* One transaction: the event, unique by its hash, and the job that acts on it. A duplicate still
 * makes sure that the job exists. */
static enum err store_event(struct op *op, void *arg)
{
    struct event *e = arg;
    struct rows r;
    struct view *payload = view_new(op->arena);
    TRY(db_query(op, &r, Q_WEBHOOK_STORE, P_TEXT(e->gateway), P_TEXT(crypto_sha256_hex(op->arena, e->req->body)), P_TEXT(e->ref),
                 e->payment ? P_INT(e->payment) : P_NULL, P_TEXT(str_dup(op->arena, e->req->body))));
    e->fresh = r.count == 1;
    if (e->payment) {
        view_int(payload, "payment_id", e->payment);
        outbox_add(op, "payment_settle", arena_printf(op->arena, "%lld", (long long)e->payment), payload, 0);
    }
    return ERR_OK;
}

static enum err accept_event(struct request *req, struct event *e)
{
    TRY(db_tx(&req->op, store_event, e));
    metrics_add(METRIC_WEBHOOKS, !e->fresh ? WEBHOOK_DUPLICATE : e->payment ? WEBHOOK_ACCEPTED : WEBHOOK_UNKNOWN, 1);
    return ERR_OK;
}

/* The provider's JSON; what matters is which payment it is about. */
static enum err read_event(struct request *req, struct event *e)
{
    const char *error = NULL;
    struct view *body = view_parse(req->op.arena, req->body, 8, &error), *track;
    if (!body || view_kind(body) != VIEW_OBJECT || !(track = view_get(body, "trackId")) ||
        (view_kind(track) != VIEW_INT && view_kind(track) != VIEW_TEXT))
        return err_set(&req->op, ERR_BAD_REQUEST, NULL);
    e->ref = arena_strdup(req->op.arena, view_value_text(track));
    return ERR_OK;
}

enum err payment_webhook_post(struct request *req)
{
    struct op *op = &req->op;
    struct event e = { .req = req, .gateway = "zibal" };
    struct rows r;
    int64_t at;
    const char *stamp = request_header(req, "X-Tarazu-Timestamp");
    if (!stamp || !str_int(str_of(stamp), &at))
        return refuse(req, "no timestamp", ERR_SIGNATURE_INVALID);
    if (!signature_holds(req, at))
        return refuse(req, "bad signature", ERR_SIGNATURE_INVALID);
    int64_t age = clock_unix() - at;
    if (age > WEBHOOK_TOLERANCE_SECONDS || age < -WEBHOOK_TOLERANCE_SECONDS)
        return refuse(req, "stale", ERR_SIGNATURE_INVALID);
    TRY(read_event(req, &e));
    TRY(db_query(op, &r, Q_PAYMENT_BY_REF, P_TEXT(e.gateway), P_TEXT(e.ref)));
    e.payment = r.count ? row_int(&r, 0, "id") : 0;
    return accept_event(req, &e);
}

/* Zibal signs nothing: the attempt's own token in the address binds the call to the payment. */
enum err payment_zibal_post(struct request *req)
{
    struct event e = { .req = req, .gateway = "zibal" };
    const char *result_token;
    TRY(payment_by_callback(&req->op, req->vars[0], &e.payment, &result_token));
    if (!e.payment)
        return refuse(req, "unknown token", ERR_NOT_FOUND);
    TRY(read_event(req, &e));
    return accept_event(req, &e);
}
