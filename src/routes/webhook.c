/* News from payment providers: signed ones, and Zibal's own, bound to the attempt by its token. Whatever
 * they say, only the bank's answer counts: a message is kept with the job that asks, and answered at once. */
#include "routes/webhook.h"

#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "db/outbox.h"
#include "db/tx.h"
#include "routes/handlers.h"
#include "shop/payment.h"

#define TOLERANCE_SECONDS 300
#define EVENT_DEPTH 8
#define REF_MAX 64
#define REF_CHARACTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

enum outcome { ACCEPTED, DUPLICATE, REFUSED, UNKNOWN, OUTCOMES };

const char *webhook_outcome_name(unsigned outcome)
{
    static const char *const names[OUTCOMES] = {
        [ACCEPTED] = "accepted", [DUPLICATE] = "duplicate", [REFUSED] = "refused", [UNKNOWN] = "unknown_payment",
    };
    return outcome < OUTCOMES ? names[outcome] : NULL;
}

/* Kept in a ring of a thousand: strangers cannot fill the disk. */
static enum err refuse(struct request *req, const char *reason, enum err e)
{
    struct op *op = &req->op;
    struct str head = { req->body.p, req->body.n < 200 ? req->body.n : 200 };
    metrics_add(METRIC_WEBHOOKS, REFUSED, 1);
    TRY(db_exec(op, Q_WEBHOOK_REFUSE, P_TEXT(reason), P_TEXT(op->client), P_TEXT(crypto_base64(op->arena, head.p, head.n))));
    return err_internal(op, e, "webhook refused: %s", reason);
}

/* Over the time stamp as it was sent; compared in constant time. */
static bool signature_holds(struct request *req, const char *stamp)
{
    struct op *op = &req->op;
    const char *sent = request_sole_header(req, "X-Tarazu-Signature");
    struct buf b;
    if (!op->conf->webhook_secret[0] || !sent || strncmp(sent, "v1=", 3) != 0)
        return false;
    buf_init(&b, op->arena, req->body.n + 32);
    buf_printf(&b, "%s.", stamp);
    buf_add(&b, req->body.p, req->body.n);
    const char *right = crypto_hmac_sha256_hex(op->arena, str_of(op->conf->webhook_secret), buf_slice(&b));
    return crypto_str_equal(str_of(sent + 3), str_of(right));
}

struct event {
    struct request *req;
    const char *gateway, *ref;
    const char *body; /* as JSON, for staff to read */
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
                 e->payment ? P_INT(e->payment) : P_NULL, P_TEXT(e->body)));
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
    metrics_add(METRIC_WEBHOOKS, !e->fresh ? DUPLICATE : e->payment ? ACCEPTED : UNKNOWN, 1);
    return ERR_OK;
}

/* "none": nobody said what it is. Simple senders call everything a form; the signature counts. */
static bool may_be_json(const struct request *req)
{
    static const char *const types[] = { "application/json", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream" };
    const char *type = req->content_type ? req->content_type : "";
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t n = strlen(types[i]);
        if (strncasecmp(type, types[i], n) == 0 && (type[n] == '\0' || type[n] == ';' || type[n] == ' '))
            return true;
    }
    return type[0] == '\0';
}

/* Digits of Zibal, letters and digits of others. */
static bool is_ref(const char *ref)
{
    size_t n = ref ? strlen(ref) : 0;
    return n > 0 && n <= REF_MAX && strspn(ref, REF_CHARACTERS) == n;
}

/* What matters is which payment it is about. */
static bool read_event(struct request *req, const struct view *said, struct event *e)
{
    struct view *track = said && view_kind(said) == VIEW_OBJECT ? view_get(said, "trackId") : NULL;
    if (!track || (view_kind(track) != VIEW_INT && view_kind(track) != VIEW_TEXT))
        return false;
    e->ref = arena_strdup(req->op.arena, view_value_text(track));
    e->body = view_serialize(req->op.arena, said);
    return is_ref(e->ref);
}

static struct view *read_json(struct request *req)
{
    const char *error = NULL;
    return view_parse(req->op.arena, req->body, EVENT_DEPTH, &error);
}

enum err payment_webhook_post(struct request *req)
{
    struct op *op = &req->op;
    struct event e = { .req = req, .gateway = "zibal" };
    struct rows r;
    int64_t at, now = clock_unix();
    const char *stamp = request_sole_header(req, "X-Tarazu-Timestamp");
    if (!stamp || !str_int(str_of(stamp), &at))
        return refuse(req, "no timestamp", ERR_SIGNATURE_INVALID);
    if (!signature_holds(req, stamp))
        return refuse(req, "bad signature", ERR_SIGNATURE_INVALID);
    if (at < now - TOLERANCE_SECONDS || at > now + TOLERANCE_SECONDS)
        return refuse(req, "stale", ERR_SIGNATURE_INVALID);
    if (!may_be_json(req))
        return refuse(req, "content type", ERR_UNSUPPORTED_MEDIA_TYPE);
    if (!read_event(req, read_json(req), &e))
        return refuse(req, "unreadable", ERR_BAD_REQUEST);
    TRY(db_query(op, &r, Q_PAYMENT_BY_REF, P_TEXT(e.gateway), P_TEXT(e.ref)));
    e.payment = r.count ? row_int(&r, 0, "id") : 0;
    return accept_event(req, &e);
}

/* Zibal signs nothing: the attempt's own token in the address binds the call to the payment. JSON, or a
 * form, which the pipeline has read. */
enum err payment_zibal_post(struct request *req)
{
    struct event e = { .req = req, .gateway = "zibal" };
    const char *result_token;
    TRY(payment_by_callback(&req->op, req->vars[0], &e.payment, &result_token));
    if (!e.payment)
        return refuse(req, "unknown token", ERR_NOT_FOUND);
    if (!read_event(req, req->tree ? req->tree : read_json(req), &e))
        return refuse(req, "unreadable", ERR_BAD_REQUEST);
    return accept_event(req, &e);
}
