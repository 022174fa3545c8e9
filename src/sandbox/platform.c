/* Zibal's platform API: refunds and transaction reports, by access token. Success is result 1. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sandbox/bank.h"
#include "sandbox/field.h"
#include "sandbox/journal.h"
#include "sandbox/options.h"
#include "sandbox/routes.h"
#include "sandbox/when.h"

#define REFUND_MIN 1000

static const struct platform_result {
    int64_t code;
    int http;
    const char *message;
} results[] = {
    { 1, 200, "success" },
    { 2, 401, "API key is missing" },
    { 3, 401, "API key is invalid" },
    { 4, 403, "no access to this service" },
    { 6, 200, "a field is missing or invalid" },
    { 9, 200, "amount must be at least 1,000 Rial" },
    { 11, 200, "amount is above the balance" },
    { 26, 200, "this transaction cannot be refunded" },
    { 29, 200, "the wallet is short for the fee" },
};

static json_object *envelope(struct exchange *x, int64_t code, const char *detail)
{
    json_object *o = json_object_new_object();
    struct strbuf message = { 0 };
    int http = 200;
    strbuf_str(&message, "error");
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        if (results[i].code != code)
            continue;
        http = results[i].http;
        strbuf_free(&message);
        strbuf_str(&message, results[i].message);
    }
    if (detail)
        strbuf_printf(&message, ": %s", detail);
    field_put_bool(o, "status", code == 1);
    field_put_int(o, "result", code);
    field_put_str(o, "message", strbuf_text(&message));
    strbuf_free(&message);
    answer_json(x, http, o);
    return o;
}

void platform_refuse(struct exchange *x, int64_t code)
{
    envelope(x, code, NULL);
}

static bool token_good(struct exchange *x)
{
    const char *value = exchange_header(x, "Authorization");
    bool bearer = value && strncasecmp(value, "Bearer ", 7) == 0 && value[7];
    if (bearer && options.refund_token && strcmp(value + 7, options.refund_token) == 0)
        return true;
    envelope(x, bearer ? 3 : 2, NULL);
    return false;
}

static struct payment *refundable_payment(struct exchange *x)
{
    int64_t track = 0;
    const char *account = field_str(x->in, "accountId");
    struct payment *p = field_int(x->in, "trackId", &track) ? bank_find(track) : NULL;
    if (!p || !account || !*account) {
        envelope(x, 6, p ? "accountId" : "trackId");
        return NULL;
    }
    if (!p->verified) {
        envelope(x, 26, "not verified");
        return NULL;
    }
    return p;
}

static void answer_refund(struct exchange *x, const struct payment *p, const struct refund *r)
{
    char when[WHEN_TEXT];
    json_object *o = envelope(x, 1, NULL), *data = json_object_new_object();
    json_object *list = json_object_new_array(), *part = json_object_new_object();
    field_put_int(part, "refundId", r->id);
    field_put_int(part, "amount", r->amount);
    field_put_int(part, "wageAmount", 0);
    field_put_str(part, "predictedTime", when_tehran(r->created + REFUND_DEPOSIT_US, when));
    json_object_array_add(list, part);
    field_put_bool(data, "reversed", r->reversed != 0);
    field_put_int(data, "remaining", bank_refundable(p));
    field_put(data, "split", list);
    field_put(o, "data", data);
}

void platform_refund(struct exchange *x)
{
    struct payment *p = token_good(x) ? refundable_payment(x) : NULL;
    if (!p)
        return;
    int64_t left = bank_refundable(p), amount = field_int_or(x->in, "amount", left);
    if (amount < REFUND_MIN || amount > left) {
        envelope(x, left == 0 ? 26 : amount > left ? 11 : 9, NULL);
        return;
    }
    struct refund *r = bank_refund(p, amount, field_bool(x->in, "tryReverse", false));
    if (!r) {
        envelope(x, 26, "too many refunds");
        return;
    }
    if (x->outcome.bounce_ms)
        bank_fail_later(r, x->outcome.bounce_ms);
    r->description = heap_dup(field_str(x->in, "description"));
    r->card = heap_dup(field_str(x->in, "cardNumber"));
    x->entry.payment = p;
    x->entry.effect = (struct effect){ r->reversed ? "reversed" : "refunded", r->amount };
    answer_refund(x, p, r);
}

/* The money of refunds that have failed meanwhile comes back before anybody looks. Lock held; gives the
 * journal's line, NULL when there is none. */
char *platform_bounce(void)
{
    struct payment *p = NULL;
    struct refund *r = bank_bounce(&p);
    if (!r)
        return NULL;
    struct entry e = { .call = call_name(CALL_BANK), .track = p->track, .payment = p, .faults = "bounce",
                       .effect = { "refund_failed", r->amount }, .request = json_object_new_object() };
    field_put_int(e.request, "refundId", r->id);
    char *line = journal_add(&e);
    json_object_put(e.request);
    return line;
}

static json_object *describe_refund(const struct payment *p, const struct refund *r)
{
    static const char *const words[][2] = {
        [1] = { "processed, awaiting deposit", "پردازش شده، در انتظار واریز" },
        [2] = { "success", "موفق" },
        [3] = { "failed", "ناموفق" },
    };
    char when[WHEN_TEXT];
    int status = refund_status(r);
    json_object *o = json_object_new_object(), *t = json_object_new_object();
    field_put_int(o, "refundId", r->id);
    field_put_int(o, "checkoutRequestId", r->id % 1000000007);
    field_put_int(o, "status", status);
    field_put_str(o, "statusEn", words[status][0]);
    field_put_str(o, "statusFa", words[status][1]);
    field_put_int(o, "amount", r->amount);
    field_put_int(o, "wage", 0);
    field_put_bool(o, "reversed", r->reversed != 0);
    field_put_str(o, "description", r->description ? r->description : "");
    field_put_str(o, "createdAt", when_tehran(r->created, when));
    field_put_int(t, "trackId", p->track);
    field_put_str(t, "orderId", p->order_id);
    field_put_int(t, "refNumber", p->ref);
    field_put_str(t, "cardNumber", p->card);
    field_put(o, "transactionDetail", t);
    field_put(o, "checkoutDetail", NULL);
    return o;
}

/* By refundId the data is one object; by transactionTrackId it is a list, empty when there is none.
 */
void platform_refund_inquiry(struct exchange *x)
{
    int64_t id = 0;
    struct payment *p = NULL;
    if (!token_good(x))
        return;
    if (field_int(x->in, "refundId", &id)) {
        struct refund *r = bank_find_refund(id, &p);
        json_object *o = envelope(x, r ? 1 : 6, r ? NULL : "refundId");
        if (r)
            field_put(o, "data", describe_refund(p, r));
        return;
    }
    p = field_int(x->in, "transactionTrackId", &id) ? bank_find(id) : NULL;
    json_object *o = envelope(x, p ? 1 : 6, p ? NULL : "transactionTrackId");
    json_object *list = json_object_new_array();
    for (size_t i = 0; p && i < p->refund_count; i++)
        json_object_array_add(list, describe_refund(p, &p->refunds[i]));
    field_put(o, "data", list);
}

/* Pages of `size` items, newest first; items before the page are counted but not shown. */
struct pager {
    json_object *list;
    int64_t skip, size, total;
};

static struct pager pager_of(json_object *in)
{
    int64_t page = field_int_or(in, "page", 1), size = field_int_or(in, "size", 50);
    size = size < 1 || size > 1000 ? 50 : size;
    page = page < 1 || page > 1000000 ? 1 : page;
    return (struct pager){ json_object_new_array(), (page - 1) * size, size, 0 };
}

static void pager_add(struct pager *pager, json_object *item)
{
    int64_t position = pager->total++;
    if (position >= pager->skip && position < pager->skip + pager->size)
        json_object_array_add(pager->list, item);
    else
        json_object_put(item);
}

static void answer_pages(struct exchange *x, struct pager *pager)
{
    json_object *o = envelope(x, 1, NULL);
    field_put(o, "data", pager->list);
    field_put_int(o, "total", pager->total);
}

static bool status_asked(json_object *in, int64_t status)
{
    json_object *wanted = field_get(in, "status");
    if (!wanted || !json_object_is_type(wanted, json_type_array) ||
        json_object_array_length(wanted) == 0)
        return !wanted || json_object_is_type(wanted, json_type_array) ||
               field_int_or(in, "status", status) == status;
    for (size_t i = 0; i < json_object_array_length(wanted); i++) {
        if (json_object_get_int64(json_object_array_get_idx(wanted, i)) == status)
            return true;
    }
    return false;
}

void platform_refund_list(struct exchange *x)
{
    if (!token_good(x))
        return;
    struct pager pager = pager_of(x->in);
    for (size_t i = bank_count(); i-- > 0;) {
        const struct payment *p = bank_at(i);
        for (size_t n = p->refund_count; n-- > 0;) {
            if (status_asked(x->in, refund_status(&p->refunds[n])))
                pager_add(&pager, describe_refund(p, &p->refunds[n]));
        }
    }
    answer_pages(x, &pager);
}

static json_object *describe_payment(const struct payment *p)
{
    char when[WHEN_TEXT];
    json_object *o = json_object_new_object();
    field_put_int(o, "trackId", p->track);
    field_put_str(o, "orderId", p->order_id);
    field_put_int(o, "amount", p->amount);
    field_put_int(o, "status", bank_status(p));
    field_put_str(o, "cardNumber", p->card);
    field_put_str(o, "mobile", p->mobile);
    field_put(o, "refNumber", p->ref ? json_object_new_int64(p->ref) : NULL);
    field_put_str(o, "createdAt", when_tehran(p->created, when));
    field_put_str(o, "paidAt", p->paid ? when_tehran(p->paid, when) : NULL);
    field_put_str(o, "verifiedAt", p->verified ? when_tehran(p->verified, when) : NULL);
    return o;
}

/* A filter that is not given fits everything. */
static bool report_fits(json_object *in, const struct payment *p)
{
    const char *merchant = field_str(in, "merchantId"), *order = field_str(in, "orderId");
    const char *mobile = field_str(in, "mobile"), *card = field_str(in, "cardNumber");
    return p->gateway == GATEWAY_ZIBAL && field_int_or(in, "trackId", p->track) == p->track &&
           field_int_or(in, "amount", p->amount) == p->amount &&
           (!merchant || strcmp(merchant, p->merchant) == 0) &&
           (!order || (p->order_id && strcmp(order, p->order_id) == 0)) &&
           (!mobile || (p->mobile && strcmp(mobile, p->mobile) == 0)) &&
           (!card || (p->card && strcmp(card, p->card) == 0)) && status_asked(in, bank_status(p));
}

void platform_report(struct exchange *x)
{
    if (!token_good(x))
        return;
    struct pager pager = pager_of(x->in);
    for (size_t i = bank_count(); i-- > 0;) {
        if (report_fits(x->in, bank_at(i)))
            pager_add(&pager, describe_payment(bank_at(i)));
    }
    answer_pages(x, &pager);
}
