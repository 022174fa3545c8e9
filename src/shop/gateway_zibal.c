/* Zibal: gateway.zibal.ir for payments (refunds: gateway_zibal_refund.c). JSON over POST; amounts in Rial;
 * the merchant string is the only credential of the gateway. `result` decides, whatever the HTTP
 * status; an answer that cannot be read leaves the outcome unknown. Nothing is signed: only verify and
 * inquiry are believed. Codes as published by the provider; docs/integrations.md lists them. */
#include "shop/gateway_zibal.h"

#include <string.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/money.h"
#include "core/view.h"

#define RESULT_OK 100
#define RESULT_VERIFIED_BEFORE 201
#define RESULT_NOT_PAID 202
#define RESULT_BAD_TRACK_ID 203
#define STATUS_VERIFIED 1
#define STATUS_PAID 2
#define NONE GATEWAY_NO_NUMBER

/* Payment states of the gateway. What is not listed stays unknown and is asked again. Paid but not
 * verified (2) is not the shop's yet: verify makes it so. */
static const struct {
    int64_t status;
    enum gateway_state state;
} states[] = {
    { -1, GATEWAY_PENDING }, { 1, GATEWAY_PAID }, { 2, GATEWAY_PENDING }, { 3, GATEWAY_CANCELED },
    { 4, GATEWAY_PENDING }, { 5, GATEWAY_PENDING }, { 6, GATEWAY_PENDING }, { 7, GATEWAY_PENDING },
    { 8, GATEWAY_PENDING }, { 9, GATEWAY_PENDING }, { 10, GATEWAY_PENDING }, { 11, GATEWAY_PENDING },
    { 12, GATEWAY_PENDING }, { 15, GATEWAY_REVERSED }, { 16, GATEWAY_PENDING }, { 18, GATEWAY_REVERSED },
    { 21, GATEWAY_PENDING },
};

static enum gateway_state state_of(int64_t status)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (states[i].status == status)
            return states[i].state;
    return GATEWAY_UNKNOWN;
}

struct view *zibal_call(struct op *op, const char *base, const char *path, const struct view *body, const char *auth,
                        bool idempotent, enum fetch_outcome *outcome, const char **problem)
{
    struct gateway_call c = { .url = arena_printf(op->arena, "%s%s", base, path), .auth = auth, .body = body,
                              .idempotent = idempotent };
    struct view *v = gateway_post(op, &c, outcome, problem);
    if (!v || gateway_number(v, "result") != NONE)
        return v;
    *outcome = FETCH_UNKNOWN;
    *problem = "an answer without result";
    return NULL;
}

static struct view *request_body(struct op *op, const char *ref)
{
    struct view *body = view_new(op->arena);
    int64_t track;
    view_text(body, "merchant", op->conf->zibal_merchant);
    if (ref && str_int(str_of(ref), &track))
        view_int(body, "trackId", track);
    return body;
}

/* The shares of `zibal.shares`: what belongs to others comes first, "self" without an amount gets the
 * rest. False: they cannot be read. */
static bool add_shares(struct op *op, struct view *body, int64_t rial)
{
    const char *error = NULL;
    if (op->conf->zibal_shares[0] == '\0')
        return true;
    struct view *shares = view_parse(op->arena, str_of(op->conf->zibal_shares), 4, &error), *self = NULL;
    int64_t rest = op->conf->zibal_percent_mode ? 100 : rial;
    if (!shares || view_kind(shares) != VIEW_ARRAY)
        return false;
    for (size_t i = 0; i < view_count(shares); i++) {
        struct view *share = view_at(shares, i);
        int64_t amount = gateway_number(share, "amount");
        if (view_kind(share) != VIEW_OBJECT || (amount != NONE && (amount < 0 || amount > rest)))
            return false;
        if (amount != NONE)
            rest -= amount;
        else
            self = share;
    }
    if (self)
        view_int(self, "amount", rest);
    view_attach(body, "multiplexingInfos", shares);
    view_int(body, "percentMode", op->conf->zibal_percent_mode);
    return true;
}

static struct view *start_body(struct op *op, const struct gateway_start *in)
{
    struct view *body = request_body(op, NULL);
    int64_t rial = in->amount * MONEY_RIAL_PER_TOMAN;
    view_int(body, "amount", rial);
    view_text(body, "callbackUrl", op->conf->zibal_lazy ? in->webhook_url : in->callback_url);
    view_text(body, "orderId", in->order_ref);
    view_text(body, "description", in->description);
    if (in->mobile && str_starts(str_of(in->mobile), "+98"))
        view_text(body, "mobile", arena_printf(op->arena, "0%s", in->mobile + 3));
    if (op->conf->zibal_fee_mode)
        view_int(body, "feeMode", op->conf->zibal_fee_mode);
    return add_shares(op, body, rial) ? body : NULL;
}

static void start(struct op *op, const struct gateway_start *in, struct gateway_started *out)
{
    struct view *body = start_body(op, in);
    enum fetch_outcome outcome;
    if (!body) {
        out->outcome = GATEWAY_REFUSED;
        out->problem = "zibal.shares is no list of shares of the payment";
        return;
    }
    const char *path = op->conf->zibal_lazy ? "/request/lazy" : "/v1/request";
    /* A repeated request would make another track id that nobody pays: harmless, so it may be retried. */
    struct view *v = zibal_call(op, op->conf->zibal_base_url, path, body, NULL, true, &outcome, &out->problem);
    if (!v) {
        out->outcome = outcome == FETCH_NOT_SENT ? GATEWAY_NOT_SENT : GATEWAY_UNCLEAR;
        return;
    }
    int64_t result = gateway_number(v, "result"), track = gateway_number(v, "trackId");
    if (result != RESULT_OK || track == NONE) {
        out->outcome = GATEWAY_REFUSED;
        out->problem = arena_printf(op->arena, "result %lld", (long long)result);
        return;
    }
    out->outcome = GATEWAY_DONE;
    out->ref = arena_printf(op->arena, "%lld", (long long)track);
}

/* Money of another merchant is not the shop's, whatever the state. */
static void read_report(struct op *op, const struct view *v, struct gateway_report *out)
{
    const char *merchant = gateway_text(op, v, "merchant");
    if (merchant && merchant[0] && strcmp(merchant, op->conf->zibal_merchant) != 0) {
        out->state = GATEWAY_UNKNOWN;
        out->problem = "the payment of another merchant";
    }
    int64_t amount = gateway_number(v, "amount");
    out->amount_rial = amount == NONE ? 0 : amount;
    out->order_ref = gateway_text(op, v, "orderId");
    out->reference = gateway_text(op, v, "refNumber");
    out->card = gateway_text(op, v, "cardNumber");
}

static const char *redirect(struct op *op, const char *ref)
{
    return arena_printf(op->arena, "%s/start/%s", op->conf->zibal_base_url, ref);
}

static void inquire(struct op *op, const struct gateway_question *q, struct gateway_report *out)
{
    enum fetch_outcome outcome;
    struct view *v = zibal_call(op, op->conf->zibal_base_url, "/v1/inquiry", request_body(op, q->ref), NULL, true, &outcome, &out->problem);
    out->state = GATEWAY_UNKNOWN;
    if (!v)
        return;
    if (gateway_number(v, "result") == RESULT_BAD_TRACK_ID) {
        out->state = GATEWAY_FAILED;
        return;
    }
    if (gateway_number(v, "result") != RESULT_OK) {
        out->problem = arena_printf(op->arena, "result %lld", (long long)gateway_number(v, "result"));
        return;
    }
    out->state = state_of(gateway_number(v, "status"));
    if (out->state == GATEWAY_UNKNOWN)
        out->problem = arena_printf(op->arena, "status %lld", (long long)gateway_number(v, "status"));
    read_report(op, v, out);
}

/* Verified; an answer that names another state as well contradicts itself and is asked for again. */
static void read_verified(struct op *op, const struct view *v, struct gateway_report *out)
{
    int64_t status = gateway_number(v, "status");
    bool fits = status == NONE || status == STATUS_VERIFIED || status == STATUS_PAID;
    out->state = fits ? GATEWAY_PAID : GATEWAY_UNKNOWN;
    if (!fits)
        out->problem = arena_printf(op->arena, "verified but status %lld", (long long)status);
    read_report(op, v, out);
}

/* Result 202 says only "not paid": the inquiry tells whether it may still be. */
static void verify(struct op *op, const struct gateway_question *q, struct gateway_report *out)
{
    enum fetch_outcome outcome;
    struct view *v = zibal_call(op, op->conf->zibal_base_url, op->conf->zibal_verify_path, request_body(op, q->ref), NULL, true, &outcome, &out->problem);
    out->state = GATEWAY_UNKNOWN;
    if (!v)
        return;
    int64_t result = gateway_number(v, "result");
    if (result == RESULT_OK) {
        read_verified(op, v, out);
    } else if (result == RESULT_VERIFIED_BEFORE || result == RESULT_NOT_PAID) {
        inquire(op, q, out);
        bool paid = out->state == GATEWAY_PAID || out->state == GATEWAY_REVERSED;
        if (result == RESULT_NOT_PAID ? out->state == GATEWAY_PAID : !paid)
            out->state = GATEWAY_UNKNOWN; /* the two answers disagree: ask again */
    } else if (result == RESULT_BAD_TRACK_ID) {
        out->state = GATEWAY_FAILED;
    } else {
        out->problem = arena_printf(op->arena, "result %lld", (long long)result);
    }
}

static bool available(struct op *op)
{
    return op->conf->zibal_merchant[0];
}

const struct gateway gateway_zibal = {
    .name = "zibal", .title_fa = "زیبال", .title_en = "Zibal",
    .available = available, .start = start, .redirect = redirect, .verify = verify, .inquire = inquire,
    .can_refund = zibal_can_refund, .refund = zibal_refund, .refund_inquire = zibal_refund_inquire, .refund_follow = zibal_refund_follow,
};
