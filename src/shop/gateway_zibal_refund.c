/* Zibal's refunds: api.zibal.ir by access token; here success is result 1. An accepted refund is a promise:
 * its status tells whether the money has arrived. Codes as published by the provider; docs/integrations.md
 * lists them. */
#include "shop/gateway_zibal.h"

#include <string.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/view.h"

#define PLATFORM_OK 1
#define REFUND_FAILED 3

/* What its results say about a refund. None of them moved money; a number that is not among them says
 * nothing, and its list of refunds is asked. */
static const struct platform_result {
    int64_t code;
    enum gateway_outcome outcome;
    const char *says;
} results[] = {
    { PLATFORM_OK, GATEWAY_DONE, "accepted" },
    { 2, GATEWAY_REFUSED, "no access token" },
    { 3, GATEWAY_REFUSED, "the access token is wrong" },
    { 4, GATEWAY_REFUSED, "no access to this service" },
    { 5, GATEWAY_REFUSED, "the callback URL is wrong" },
    { 6, GATEWAY_REFUSED, "a field is missing or wrong" },
    { 7, GATEWAY_REFUSED, "the address of this server is not registered" },
    { 8, GATEWAY_REFUSED, "the access token is not active" },
    { 9, GATEWAY_REFUSED, "less than 1,000 Rial" },
    { 10, GATEWAY_REFUSED, "the account does not exist" },
    { 11, GATEWAY_REFUSED, "the account has not so much" },
    { 12, GATEWAY_REFUSED, "less than 10,000 Rial" },
    { 13, GATEWAY_REFUSED, "the delay is too small" },
    { 14, GATEWAY_REFUSED, "the settlement does not exist" },
    { 15, GATEWAY_REFUSED, "a delay is not allowed" },
    { 16, GATEWAY_REFUSED, "not for this kind of account" },
    { 17, GATEWAY_REFUSED, "the limit of instant settlements is reached" },
    { 18, GATEWAY_REFUSED, "the merchant does not exist or is not active" },
    { 20, GATEWAY_REFUSED, "no name" },
    { 21, GATEWAY_REFUSED, "the IBAN is wrong" },
    { 22, GATEWAY_REFUSED, "the beneficiary is there already" },
    { 23, GATEWAY_REFUSED, "the beneficiary is wrong" },
    { 24, GATEWAY_REFUSED, "the beneficiary is not active" },
    { 25, GATEWAY_REFUSED, "an active beneficiary cannot be changed" },
    { 26, GATEWAY_REFUSED, "the payment cannot be refunded" },
    { 29, GATEWAY_REFUSED, "the account is short for the fee" },
    { 44, GATEWAY_REFUSED, "the IBAN does not exist" },
    { 45, GATEWAY_REFUSED, "the banks cannot be reached" },
};

static enum gateway_outcome outcome_of(struct op *op, int64_t result, const char **problem)
{
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
        if (results[i].code == result) {
            *problem = arena_printf(op->arena, "result %lld: %s", (long long)result, results[i].says);
            return results[i].outcome;
        }
    *problem = arena_printf(op->arena, "result %lld", (long long)result);
    return GATEWAY_UNCLEAR;
}

/* States of a refund in its list. What is not among them says nothing. */
static const struct {
    int64_t status;
    enum gateway_word word;
} states[] = {
    { 0, GATEWAY_ON_ITS_WAY }, /* queued */
    { 1, GATEWAY_ON_ITS_WAY }, /* processed, awaiting deposit */
    { 2, GATEWAY_PAID_OUT },
    { REFUND_FAILED, GATEWAY_SENT_BACK },
};

static enum gateway_word word_of(int64_t status)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (states[i].status == status)
            return states[i].word;
    return GATEWAY_NO_WORD;
}

bool zibal_can_refund(struct op *op)
{
    return op->conf->zibal_refund_token[0] && op->conf->zibal_account_id[0];
}

static const char *bearer(struct op *op)
{
    return arena_printf(op->arena, "Authorization: Bearer %s", op->conf->zibal_refund_token);
}

enum gateway_outcome zibal_refund(struct op *op, const struct gateway_refund *in, const char **id, const char **problem)
{
    struct view *body = view_new(op->arena);
    enum fetch_outcome outcome;
    int64_t track;
    if (!str_int(str_of(in->ref), &track))
        return GATEWAY_REFUSED;
    view_int(body, "trackId", track);
    view_text(body, "accountId", op->conf->zibal_account_id);
    view_int(body, "amount", in->amount_rial);
    view_text(body, "description", in->description);
    struct view *v = zibal_call(op, op->conf->zibal_platform_url, "/v1/account/refund", body, bearer(op), false, &outcome, problem);
    if (!v)
        return outcome == FETCH_NOT_SENT ? GATEWAY_NOT_SENT : GATEWAY_UNCLEAR;
    enum gateway_outcome said = outcome_of(op, gateway_number(v, "result"), problem);
    struct view *first = view_at(view_get(view_get(v, "data"), "split"), 0);
    *id = said == GATEWAY_DONE && first ? gateway_text(op, first, "refundId") : NULL;
    return said;
}

/* The bank's refunds of the payment. The shape of `data` varies: one object, or a list. */
struct list {
    struct view *data;
    size_t n;
};

static bool list_get(struct op *op, const struct gateway_refund *in, struct list *out, const char **problem)
{
    struct view *body = view_new(op->arena);
    enum fetch_outcome outcome;
    int64_t track;
    *problem = "no track id";
    if (!in->ref || !str_int(str_of(in->ref), &track))
        return false;
    view_int(body, "transactionTrackId", track);
    struct view *v = zibal_call(op, op->conf->zibal_platform_url, "/v1/account/refund/inquiry", body, bearer(op), true, &outcome, problem);
    if (!v)
        return false;
    if (outcome_of(op, gateway_number(v, "result"), problem) != GATEWAY_DONE)
        return false;
    out->data = view_get(v, "data");
    out->n = !out->data ? 0 : view_kind(out->data) == VIEW_ARRAY ? view_count(out->data) : 1;
    return true;
}

static struct view *list_at(const struct list *l, size_t i)
{
    return view_kind(l->data) == VIEW_ARRAY ? view_at(l->data, i) : l->data;
}

/* Is this entry of the bank's list the refund in question? By its own id where we know it, by its
 * description where the list tells it, else by its sum, if the entry belongs to no other refund. */
static bool is_refund(struct op *op, const struct view *entry, const struct gateway_refund *in)
{
    const char *said = gateway_text(op, entry, "description"), *id = gateway_text(op, entry, "refundId");
    if (gateway_number(entry, "amount") != in->amount_rial)
        return false;
    if (in->id && id)
        return strcmp(id, in->id) == 0;
    if (said && str_starts(str_of(said), "refund "))
        return strcmp(said, in->description) == 0;
    return !id || !in->others || !strstr(in->others, arena_printf(op->arena, " %s ", id));
}

enum gateway_outcome zibal_refund_inquire(struct op *op, const struct gateway_refund *in, const char **id, const char **problem)
{
    struct list l;
    if (!list_get(op, in, &l, problem))
        return GATEWAY_UNCLEAR;
    for (size_t i = 0; i < l.n; i++) {
        struct view *entry = list_at(&l, i);
        if (is_refund(op, entry, in) && gateway_number(entry, "status") != REFUND_FAILED) {
            *id = gateway_text(op, entry, "refundId");
            return GATEWAY_DONE;
        }
    }
    *problem = "the bank has never heard of it";
    return GATEWAY_NOT_SENT;
}

/* One that was sent a second time is there twice under one description: what failed is then the first. */
enum gateway_word zibal_refund_follow(struct op *op, const struct gateway_refund *in, const char **problem)
{
    enum gateway_word word = GATEWAY_NO_WORD;
    struct list l;
    if (!list_get(op, in, &l, problem))
        return word;
    *problem = "the bank does not name it";
    for (size_t i = 0; i < l.n; i++) {
        struct view *entry = list_at(&l, i);
        int64_t status = gateway_number(entry, "status");
        if (!is_refund(op, entry, in) || (status == REFUND_FAILED && word != GATEWAY_NO_WORD))
            continue;
        word = word_of(status);
        *problem = arena_printf(op->arena, "status %lld", (long long)status);
    }
    return word;
}
