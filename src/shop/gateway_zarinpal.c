/* Zarinpal v4: payment.zarinpal.com. JSON over POST; `data.code` 100 is success, 101 "verified before",
 * errors come as {"data": [], "errors": {"code": -9, …}} often with another HTTP status. Amounts in
 * Rial (currency IRR). verify wants the amount repeated and refuses another one, so its success confirms
 * the sum. Refunds need the merchant's panel: not offered. */
#include "shop/gateway.h"

#include <string.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/money.h"
#include "core/view.h"
#include "shop/gateway_json.h"

#define CODE_OK 100
#define CODE_VERIFIED_BEFORE 101
#define CODE_AMOUNT_DIFFERS (-50)
#define CODE_UNPAID (-51)
#define CODE_BAD_AUTHORITY (-54)
#define CODE_NOT_FOUND (-55)

static const struct {
    const char *status;
    enum gateway_state state;
} states[] = {
    { "PAID", GATEWAY_PENDING }, /* paid, not verified: verify confirms it */
    { "VERIFIED", GATEWAY_PAID }, { "IN_BANK", GATEWAY_PENDING }, { "FAILED", GATEWAY_FAILED },
    { "REVERSED", GATEWAY_REVERSED },
};

/* `code` of data or of errors; GATEWAY_NO_NUMBER: neither. */
static int64_t code_of(const struct view *v)
{
    int64_t code = gateway_number(view_get(v, "data"), "code");
    return code != GATEWAY_NO_NUMBER ? code : gateway_number(view_get(v, "errors"), "code");
}

static struct view *call(struct op *op, const char *path, struct view *body, enum fetch_outcome *outcome, const char **problem)
{
    view_text(body, "merchant_id", op->conf->zarinpal_merchant);
    struct gateway_call c = { .url = arena_printf(op->arena, "%s/pg/v4/payment/%s", op->conf->zarinpal_base_url, path),
                              .body = body, .idempotent = true };
    return gateway_post(op, &c, outcome, problem);
}

static bool available(struct op *op)
{
    return op->conf->zarinpal_merchant[0];
}

static void start(struct op *op, const struct gateway_start *in, struct gateway_started *out)
{
    struct view *body = view_new(op->arena), *metadata;
    enum fetch_outcome outcome;
    view_int(body, "amount", in->amount * MONEY_RIAL_PER_TOMAN);
    view_text(body, "currency", "IRR");
    view_text(body, "description", in->description);
    view_text(body, "callback_url", in->callback_url);
    metadata = view_object(body, "metadata");
    view_text(metadata, "order_id", in->order_ref);
    if (in->mobile && str_starts(str_of(in->mobile), "+98"))
        view_text(metadata, "mobile", arena_printf(op->arena, "0%s", in->mobile + 3));
    struct view *v = call(op, "request.json", body, &outcome, &out->problem);
    if (!v) {
        out->outcome = outcome == FETCH_NOT_SENT ? GATEWAY_NOT_SENT : GATEWAY_UNCLEAR;
        return;
    }
    int64_t code = code_of(v);
    out->ref = gateway_text(op, view_get(v, "data"), "authority");
    out->outcome = code == CODE_OK && out->ref ? GATEWAY_DONE : code == GATEWAY_NO_NUMBER ? GATEWAY_UNCLEAR : GATEWAY_REFUSED;
    if (out->outcome != GATEWAY_DONE)
        out->problem = arena_printf(op->arena, "code %lld", (long long)code);
}

static const char *redirect(struct op *op, const char *ref)
{
    return arena_printf(op->arena, "%s/pg/StartPay/%s", op->conf->zarinpal_base_url, ref);
}

static void inquire(struct op *op, const struct gateway_question *q, struct gateway_report *out)
{
    struct view *body = view_new(op->arena);
    enum fetch_outcome outcome;
    view_text(body, "authority", q->ref);
    out->state = GATEWAY_UNKNOWN;
    struct view *v = call(op, "inquiry.json", body, &outcome, &out->problem);
    if (!v)
        return;
    int64_t code = code_of(v);
    const char *status = gateway_text(op, view_get(v, "data"), "status");
    if (code == CODE_BAD_AUTHORITY || code == CODE_NOT_FOUND)
        out->state = GATEWAY_FAILED;
    for (size_t i = 0; status && i < sizeof(states) / sizeof(states[0]); i++)
        if (strcmp(states[i].status, status) == 0)
            out->state = states[i].state;
    if (out->state == GATEWAY_PAID)
        out->amount_rial = q->amount_rial;
}

static void verify(struct op *op, const struct gateway_question *q, struct gateway_report *out)
{
    struct view *body = view_new(op->arena);
    enum fetch_outcome outcome;
    view_text(body, "authority", q->ref);
    view_int(body, "amount", q->amount_rial);
    out->state = GATEWAY_UNKNOWN;
    struct view *v = call(op, "verify.json", body, &outcome, &out->problem);
    if (!v)
        return;
    int64_t code = code_of(v);
    if (code == CODE_OK || code == CODE_VERIFIED_BEFORE) {
        out->state = GATEWAY_PAID;
        out->amount_rial = q->amount_rial;
        out->reference = gateway_text(op, view_get(v, "data"), "ref_id");
        out->card = gateway_text(op, view_get(v, "data"), "card_pan");
    } else if (code == CODE_UNPAID) {
        inquire(op, q, out);
        if (out->state == GATEWAY_PAID)
            out->state = GATEWAY_UNKNOWN; /* the two answers disagree: ask again */
    } else if (code == CODE_BAD_AUTHORITY || code == CODE_NOT_FOUND) {
        out->state = GATEWAY_FAILED;
    } else {
        out->problem = code == CODE_AMOUNT_DIFFERS ? "the bank holds another amount"
                                                   : arena_printf(op->arena, "code %lld", (long long)code);
    }
}

const struct gateway gateway_zarinpal = {
    .name = "zarinpal", .title_fa = "زرین‌پال", .title_en = "Zarinpal",
    .available = available, .start = start, .redirect = redirect, .verify = verify, .inquire = inquire,
};
