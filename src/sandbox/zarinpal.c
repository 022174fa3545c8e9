/* Zarinpal v4: request, verify, inquiry, StartPay. Shares the bank and the payment page with Zibal.
 */
#include "sandbox/zarinpal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/bank.h"
#include "sandbox/field.h"
#include "sandbox/routes.h"
#include "sandbox/when.h"

#define MIN_RIAL 1000
#define MAX_RIAL 1000000000 /* 100 million Toman */
#define RIAL_PER_TOMAN 10

static const struct zarinpal_error {
    int64_t code;
    int http;
    const char *message;
} errors[] = {
    { -9, 422, "The input params invalid, validation error." },
    { -10, 401, "Terminal is not valid, please check merchant_id or ip address." },
    { -11, 401, "Terminal is not active, please contact our support team." },
    { -41, 422, "Maximum amount is 100,000,000 Toman." },
    { -50, 400, "Session is not valid, amounts values is not the same." },
    { -51, 400, "Session is not valid, session is not active paid try." },
    { -52, 500, "Oops, please contact our support team." },
    { -53, 400, "Session is not this merchant_id session." },
    { -54, 400, "Invalid authority." },
    { -55, 404, "Manual payment request not found." },
};

const char *zarinpal_authority(const struct payment *p, char out[AUTHORITY_TEXT])
{
    snprintf(out, AUTHORITY_TEXT, "A%035lld", (long long)p->track);
    return out;
}

struct payment *zarinpal_find(const char *authority)
{
    int64_t track = 0;
    if (strlen(authority) != 36 || authority[0] != 'A' || !text_int(authority + 1, &track))
        return NULL;
    struct payment *p = bank_find(track);
    return p && p->gateway == GATEWAY_ZARINPAL ? p : NULL;
}

static void fail(struct exchange *x, int64_t code, const char *field)
{
    json_object *o = json_object_new_object(), *e = json_object_new_object(),
                *list = json_object_new_array();
    const struct zarinpal_error *row = &errors[0];
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        row = errors[i].code == code ? &errors[i] : row;
    if (field) {
        json_object *v = json_object_new_object();
        field_put_str(v, field, "The field is required or invalid.");
        json_object_array_add(list, v);
    }
    field_put_str(e, "message", row->message);
    field_put_int(e, "code", code);
    field_put(e, "validations", list);
    field_put(o, "data", json_object_new_array());
    field_put(o, "errors", e);
    answer_json(x, row->http, o);
}

void zarinpal_refuse(struct exchange *x, int64_t code)
{
    fail(x, code < 0 ? code : -52, NULL);
}

static json_object *succeed(struct exchange *x, int64_t code, const char *message)
{
    json_object *o = json_object_new_object(), *data = json_object_new_object();
    field_put_int(data, "code", code);
    field_put_str(data, "message", message);
    field_put(o, "data", data);
    field_put(o, "errors", json_object_new_array());
    answer_json(x, 200, o);
    return data;
}

static bool merchant_good(struct exchange *x)
{
    const char *merchant = field_str(x->in, "merchant_id");
    if (merchant && strlen(merchant) == 36)
        return true;
    fail(x, -9, "merchant_id");
    return false;
}

static bool in_toman(json_object *in)
{
    const char *currency = field_str(in, "currency");
    return currency && strcmp(currency, "IRT") == 0;
}

/* Answers the error and returns false when the request cannot be taken. */
static bool request_good(struct exchange *x, int64_t rial)
{
    const char *url = field_str(x->in, "callback_url"), *text = field_str(x->in, "description");
    if (!merchant_good(x))
        return false;
    if (rial > MAX_RIAL) {
        fail(x, -41, "amount");
        return false;
    }
    const char *bad = rial < MIN_RIAL                          ? "amount"
                      : !url || strncmp(url, "http", 4) != 0   ? "callback_url"
                      : !text || !*text || strlen(text) > 2000 ? "description"
                                                               : NULL;
    if (bad)
        fail(x, -9, bad);
    return !bad;
}

static char *order_id_of(json_object *in)
{
    json_object *v = field_get(field_get(in, "metadata"), "order_id");
    return v ? heap_dup(json_object_get_string(v)) : NULL;
}

void zarinpal_request(struct exchange *x)
{
    char authority[AUTHORITY_TEXT];
    int64_t amount = field_int_or(x->in, "amount", 0);
    int64_t rial = in_toman(x->in) && amount <= MAX_RIAL ? amount * RIAL_PER_TOMAN : amount;
    if (!request_good(x, rial))
        return;
    struct payment *p = bank_create();
    p->gateway = GATEWAY_ZARINPAL;
    p->toman = in_toman(x->in);
    p->amount = rial + x->outcome.amount_delta;
    p->merchant = heap_dup(field_str(x->in, "merchant_id"));
    p->callback_url = heap_dup(field_str(x->in, "callback_url"));
    p->description = heap_dup(field_str(x->in, "description"));
    p->mobile = heap_dup(field_str(field_get(x->in, "metadata"), "mobile"));
    p->order_id = x->outcome.wrong_order ? heap_dup("999999999") : order_id_of(x->in);
    json_object *data = succeed(x, 100, "Success");
    field_put_str(data, "authority", zarinpal_authority(p, authority));
    field_put_str(data, "fee_type", "Merchant");
    field_put_int(data, "fee", 0);
    x->entry.track = p->track;
    x->entry.payment = p;
    x->entry.effect = (struct effect){ "created", p->amount };
}

/* The payment the merchant means, or NULL with the error answered. */
static struct payment *own_payment(struct exchange *x)
{
    const char *authority = field_str(x->in, "authority");
    struct payment *p = authority ? zarinpal_find(authority) : NULL;
    if (!merchant_good(x))
        return NULL;
    if (!p || strcmp(p->merchant, field_str(x->in, "merchant_id")) != 0) {
        fail(x, p ? -53 : -54, NULL);
        return NULL;
    }
    return p;
}

void zarinpal_verify(struct exchange *x)
{
    struct payment *p = own_payment(x);
    int64_t amount = field_int_or(x->in, "amount", 0);
    if (!p)
        return;
    if (amount > MAX_RIAL || amount * (p->toman ? RIAL_PER_TOMAN : 1) != p->amount) {
        fail(x, -50, NULL);
        return;
    }
    if (!bank_is_paid(p)) {
        fail(x, -51, NULL);
        return;
    }
    bool first = !p->verified;
    if (first) {
        p->verified = when_now();
        p->status = PAY_VERIFIED;
        x->entry.payment = p;
        x->entry.effect = (struct effect){ "captured", p->amount };
    }
    json_object *data = succeed(x, first ? 100 : 101, first ? "Paid" : "Verified");
    field_put_str(data, "card_hash",
                  "1EBE3EBEBE35C7EC0F8D6EE4F2F859107A87822CA179BC9528767EA7B5489B69");
    field_put_str(data, "card_pan", p->card);
    field_put_int(data, "ref_id", p->ref);
    field_put_str(data, "fee_type", "Merchant");
    field_put_int(data, "fee", 0);
}

void zarinpal_inquiry(struct exchange *x)
{
    struct payment *p = own_payment(x);
    if (!p)
        return;
    int status = bank_status(p);
    json_object *data = succeed(x, 100, "Success");
    field_put_str(data, "status",
                  status == PAY_WAITING    ? "IN_BANK"
                  : status == PAY_PAID     ? "PAID"
                  : status == PAY_VERIFIED ? "VERIFIED"
                  : bank_is_paid(p)        ? "REVERSED"
                                           : "FAILED");
}

void zarinpal_start(struct exchange *x)
{
    if (!zarinpal_find(x->param[0])) {
        answer_error(x, 404, "unknown authority");
        return;
    }
    page_start(x);
}
