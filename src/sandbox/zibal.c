/* Zibal's payment gateway: request, lazy request, verify, inquiry. Amounts are Rial. */
#include <stdlib.h>
#include <string.h>

#include "sandbox/bank.h"
#include "sandbox/field.h"
#include "sandbox/options.h"
#include "sandbox/routes.h"
#include "sandbox/when.h"

#define ZIBAL_MIN 1000
#define ZIBAL_MAX 10000000000 /* one billion Toman */

static const struct zibal_result {
    int64_t code;
    const char *message;
} results[] = {
    { 100, "success" },
    { 102, "merchant not found" },
    { 103, "merchant is inactive" },
    { 104, "merchant is invalid" },
    { 105, "amount must be at least 1,000 Rial" },
    { 106, "callbackUrl is invalid (must start with http or https)" },
    { 107, "percentMode is invalid (0 or 1)" },
    { 108, "a beneficiary of multiplexingInfos is invalid" },
    { 109, "a beneficiary of multiplexingInfos is inactive" },
    { 110, "id=self is missing in multiplexingInfos" },
    { 111, "amount is not the sum of multiplexingInfos" },
    { 112, "the fee wallet has not enough balance" },
    { 113, "amount is above the ceiling" },
    { 114, "nationalCode is invalid" },
    { 115, "the caller's IP is not registered" },
    { 116, "feeMode is invalid (0, 1 or 2)" },
    { 201, "previously verified" },
    { 202, "not paid or unsuccessful" },
    { 203, "trackId is invalid" },
};

/* Merchants by name: what a request of theirs gets. Any 24 hex digits are a good merchant too. */
static const struct merchant {
    const char *name;
    int64_t code;
    bool fee_wallet_empty;
} merchants[] = {
    { "zibal", 100, false },   { "inactive", 103, false }, { "invalid", 104, false },
    { "stranger", 115, false }, { "nofee", 100, true },
};

static const char *message_of(int64_t code)
{
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        if (results[i].code == code)
            return results[i].message;
    }
    return "unknown error";
}

static json_object *envelope(int64_t code)
{
    json_object *o = json_object_new_object();
    field_put_int(o, "result", code);
    field_put_str(o, "message", message_of(code));
    return o;
}

void zibal_refuse(struct exchange *x, int64_t code)
{
    answer_json(x, 200, envelope(code));
}

static int64_t check_merchant(json_object *in)
{
    const char *name = field_str(in, "merchant");
    if (!name || !*name)
        return 102;
    for (size_t i = 0; i < sizeof merchants / sizeof merchants[0]; i++) {
        if (strcmp(merchants[i].name, name) == 0)
            return merchants[i].fee_wallet_empty && field_int_or(in, "feeMode", 0) == 1
                       ? 112
                       : merchants[i].code;
    }
    return strlen(name) == 24 && strspn(name, "0123456789abcdefABCDEF") == 24 ? 100 : 102;
}

static int64_t check_amount(json_object *in)
{
    int64_t amount = 0;
    if (!field_int(in, "amount", &amount) || amount < ZIBAL_MIN)
        return 105;
    return amount > ZIBAL_MAX ? 113 : 100;
}

static int64_t check_callback(json_object *in)
{
    const char *url = field_str(in, "callbackUrl");
    return url && (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0) ? 100 : 106;
}

static int64_t check_modes(json_object *in)
{
    int64_t percent = field_int_or(in, "percentMode", 0), fee = field_int_or(in, "feeMode", 0);
    return percent < 0 || percent > 1 ? 107 : fee < 0 || fee > 2 ? 116 : 100;
}

/* Iranian national code: ten digits, the last one checks the others. */
static int64_t check_national_code(json_object *in)
{
    const char *code = field_str(in, "nationalCode");
    int sum = 0;
    if (!code)
        return 100;
    if (strlen(code) != 10 || strspn(code, "0123456789") != 10)
        return 114;
    for (int i = 0; i < 9; i++)
        sum += (code[i] - '0') * (10 - i);
    int rest = sum % 11;
    return code[9] - '0' == (rest < 2 ? rest : 11 - rest) ? 100 : 114;
}

static int64_t check_beneficiary(json_object *share)
{
    const char *id = field_str(share, "id"), *iban = field_str(share, "bankAccount");
    const char *sub = field_str(share, "subMerchantId"), *wallet = field_str(share, "walletID");
    if ((id != NULL) + (iban != NULL) + (sub != NULL) + (wallet != NULL) != 1)
        return 108;
    if (id && strcmp(id, "self") != 0)
        return 108;
    if (iban &&
        (strlen(iban) != 26 || strncmp(iban, "IR", 2) != 0 || strspn(iban + 2, "0123456789") != 24))
        return 108;
    if ((sub && strcmp(sub, "inactive") == 0) || (wallet && strcmp(wallet, "inactive") == 0))
        return 109;
    return 100;
}

static int64_t check_shares(json_object *in)
{
    json_object *list = field_get(in, "multiplexingInfos");
    int64_t sum = 0, amount = field_int_or(in, "amount", 0);
    bool self = false;
    if (!list || !json_object_is_type(list, json_type_array) || json_object_array_length(list) == 0)
        return 100;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *share = json_object_array_get_idx(list, i);
        int64_t code = check_beneficiary(share), part = field_int_or(share, "amount", 0);
        if (code != 100)
            return code;
        if (part < 0 || part > ZIBAL_MAX)
            return 111;
        sum += part;
        self = self || field_str(share, "id");
    }
    return !self                                                             ? 110
           : sum != (field_int_or(in, "percentMode", 0) == 1 ? 100 : amount) ? 111
                                                                             : 100;
}

static int64_t check_request(json_object *in)
{
    static int64_t (*const checks[])(json_object *) = {
        check_merchant, check_amount,        check_callback,
        check_modes,    check_national_code, check_shares,
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        int64_t code = checks[i](in);
        if (code != 100)
            return code;
    }
    return 100;
}

/* The order id comes as text or as a number. */
static char *order_id_of(json_object *in)
{
    json_object *v = field_get(in, "orderId");
    return v ? heap_dup(json_object_get_string(v)) : NULL;
}

/* A payment keeps its own copies: json-c counts references without locks. */
static json_object *copy_field(json_object *in, const char *key)
{
    json_object *v = field_get(in, key), *copy = NULL;
    if (v && json_object_deep_copy(v, &copy, NULL) != 0)
        copy = NULL;
    return copy;
}

static struct payment *open_session(struct exchange *x, bool lazy)
{
    struct payment *p = bank_create();
    p->gateway = GATEWAY_ZIBAL;
    p->lazy = lazy;
    p->amount = field_int_or(x->in, "amount", 0) + x->outcome.amount_delta;
    p->wage = field_int_or(x->in, "feeMode", 0);
    p->merchant = heap_dup(field_str(x->in, "merchant"));
    p->order_id = x->outcome.wrong_order ? heap_dup("999999999") : order_id_of(x->in);
    p->callback_url = heap_dup(field_str(x->in, "callbackUrl"));
    p->description = heap_dup(field_str(x->in, "description"));
    p->mobile = heap_dup(field_str(x->in, "mobile"));
    p->shares = copy_field(x->in, "multiplexingInfos");
    p->allowed_cards = copy_field(x->in, "allowedCards");
    return p;
}

static void request(struct exchange *x, bool lazy)
{
    int64_t code = check_request(x->in);
    if (code != 100) {
        zibal_refuse(x, code);
        return;
    }
    struct payment *p = open_session(x, lazy);
    json_object *o = envelope(100);
    field_put_int(o, "trackId", p->track);
    if (field_bool(x->in, "linkToPay", false)) {
        struct strbuf link = { 0 };
        strbuf_printf(&link, "%s/start/%lld", options.base_url, (long long)p->track);
        field_put_str(o, "payLink", strbuf_text(&link));
        strbuf_free(&link);
    }
    x->entry.track = p->track;
    x->entry.payment = p;
    x->entry.effect = (struct effect){ "created", p->amount };
    answer_json(x, 200, o);
}

void zibal_request(struct exchange *x)
{
    request(x, false);
}

void zibal_lazy(struct exchange *x)
{
    request(x, true);
}

/* The payment the merchant means, or NULL with the refusal answered. */
static struct payment *own_payment(struct exchange *x)
{
    int64_t track = 0, code = check_merchant(x->in);
    struct payment *p = field_int(x->in, "trackId", &track) ? bank_find(track) : NULL;
    if (code == 100 && (!p || p->gateway != GATEWAY_ZIBAL ||
                        strcmp(p->merchant, field_str(x->in, "merchant")) != 0))
        code = 203;
    if (code != 100) {
        zibal_refuse(x, code);
        return NULL;
    }
    return p;
}

static void put_time(json_object *o, const char *key, int64_t us)
{
    char text[WHEN_TEXT];
    field_put_str(o, key, us ? when_tehran(us, text) : NULL);
}

static void put_payment(json_object *o, const struct payment *p)
{
    json_object *shares = NULL;
    put_time(o, "paidAt", p->paid);
    field_put_int(o, "amount", p->amount);
    field_put_int(o, "status", bank_status(p));
    field_put(o, "refNumber", p->ref ? json_object_new_int64(p->ref) : NULL);
    field_put_str(o, "description", p->description ? p->description : "");
    field_put_str(o, "cardNumber", p->card);
    field_put_str(o, "orderId", p->order_id);
    if (p->shares && json_object_deep_copy(p->shares, &shares, NULL) == 0)
        field_put(o, "multiplexingInfos", shares);
}

void zibal_verify(struct exchange *x)
{
    struct payment *p = own_payment(x);
    if (!p)
        return;
    if (p->verified || bank_status(p) != PAY_PAID) {
        zibal_refuse(x, p->verified ? 201 : 202);
        return;
    }
    p->verified = when_now();
    p->status = PAY_VERIFIED;
    json_object *o = envelope(100);
    put_payment(o, p);
    x->entry.payment = p;
    x->entry.effect = (struct effect){ "captured", p->amount };
    answer_json(x, 200, o);
}

void zibal_inquiry(struct exchange *x)
{
    struct payment *p = own_payment(x);
    if (!p)
        return;
    json_object *o = envelope(100);
    put_time(o, "createdAt", p->created);
    put_time(o, "verifiedAt", p->verified);
    put_payment(o, p);
    field_put_int(o, "wage", p->wage);
    answer_json(x, 200, o);
}
