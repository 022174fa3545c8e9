/* Callback URLs, webhook bodies and the faults that bend them. */
#include "sandbox/callback.h"

#include <stdlib.h>
#include <string.h>

#include "sandbox/bank.h"
#include "sandbox/courier.h"
#include "sandbox/field.h"
#include "sandbox/options.h"
#include "sandbox/strbuf.h"
#include "sandbox/when.h"
#include "sandbox/zarinpal.h"

#define WEBHOOK_ATTEMPTS 6

static void add_query(struct strbuf *url, const char *key, const char *value)
{
    strbuf_char(url, strchr(url->at, '?') ? '&' : '?');
    strbuf_printf(url, "%s=", key);
    strbuf_url(url, value);
}

static void add_number(struct strbuf *url, const char *key, int64_t n)
{
    struct strbuf digits = { 0 };
    strbuf_printf(&digits, "%lld", (long long)n);
    add_query(url, key, digits.at);
    strbuf_free(&digits);
}

/* A forged callback claims success for the neighbour's session. */
static char *callback_url(const struct payment *p, const struct outcome *o)
{
    char authority[AUTHORITY_TEXT];
    struct strbuf url = { 0 };
    bool success = bank_is_paid(p) || o->forged;
    strbuf_str(&url, p->callback_url ? p->callback_url : "");
    if (!url.at)
        return NULL;
    if (p->gateway == GATEWAY_ZARINPAL) {
        zarinpal_authority(p, authority);
        if (o->forged || o->wrong_order)
            authority[1] = 'Z';
        add_query(&url, "Authority", authority);
        add_query(&url, "Status", o->unknown_status ? "UNHEARD_OF" : success ? "OK" : "NOK");
        return strbuf_take(&url);
    }
    add_query(&url, "success", success ? "1" : "0");
    add_number(&url, "trackId", p->track + (o->forged ? 1 : 0));
    add_query(&url, "orderId", o->wrong_order ? "999999999" : p->order_id ? p->order_id : "");
    add_number(&url, "status",
               o->unknown_status ? o->unknown_status
               : o->forged       ? PAY_PAID
                                 : bank_status(p));
    return strbuf_take(&url);
}

static void send_copies(const struct delivery *model, int64_t copies)
{
    for (int64_t i = 0; i < copies; i++) {
        struct delivery *d = heap_new(sizeof *d);
        *d = *model;
        d->url = heap_dup(model->url);
        d->body = heap_dup(model->body);
        d->attempt = 1;
        d->due = when_now() + (d->outcome.delay_ms + d->outcome.reorder_ms) * 1000;
        d->held = d->outcome.reorder_ms > 0;
        courier_send(d);
    }
}

struct way_back callback_way_back(const struct payment *p, int own_calls)
{
    struct way_back way = { 0 };
    struct delivery d = { .call = CALL_CALLBACK, .track = p->track };
    if (p->lazy)
        return way;
    faults_take(CALL_CALLBACK, p->track, p->order_id, &d.outcome);
    const struct outcome *o = &d.outcome;
    way.url = callback_url(p, o);
    d.url = way.url;
    bool cut = o->reset_before || o->reset_after;
    int64_t copies = own_calls + (o->copies > 1 ? o->copies - 1 : 0);
    if (o->drop || o->http_status)
        copies = 0;
    else if (cut && copies == 0)
        copies = 1; /* the browser's own call, cut on the way */
    if (way.url)
        send_copies(&d, copies);
    way.delay_ms = o->delay_ms + o->reorder_ms;
    way.http_status = (int)o->http_status;
    way.hangup = cut;
    if (o->drop || o->http_status || cut) {
        free(way.url);
        way.url = NULL;
    }
    return way;
}

static json_object *lazy_body(const struct payment *p)
{
    json_object *o = json_object_new_object();
    field_put_str(o, "success", bank_is_paid(p) ? "1" : "0");
    field_put_int(o, "trackId", p->track);
    field_put_str(o, "orderId", p->order_id ? p->order_id : "");
    field_put_str(o, "status", "");
    field_put_str(o, "cardNumber", p->card);
    field_put_str(o, "hashedCardNumber", p->card ? "0DF1D8A5F2C0D4A0E5A4C4F3D0D3BFA6" : NULL);
    return o;
}

static json_object *webhook_body(const struct payment *p)
{
    char when[WHEN_TEXT];
    json_object *o = json_object_new_object();
    field_put_int(o, "trackId", p->track);
    field_put_int(o, "success", bank_is_paid(p));
    field_put_int(o, "status", bank_status(p));
    field_put_str(o, "orderId", p->order_id ? p->order_id : "");
    field_put_int(o, "amount", p->amount);
    field_put(o, "refNumber", p->ref ? json_object_new_int64(p->ref) : NULL);
    field_put_str(o, "cardNumber", p->card);
    field_put_str(o, "paidAt", p->paid ? when_tehran(p->paid, when) : NULL);
    return o;
}

void callback_webhook(const struct payment *p)
{
    struct delivery d = { .call = CALL_WEBHOOK, .track = p->track, .sign = !p->lazy };
    struct strbuf url = { 0 };
    if (p->gateway != GATEWAY_ZIBAL)
        return;
    faults_take(CALL_WEBHOOK, p->track, p->order_id, &d.outcome);
    if (d.outcome.drop)
        return;
    json_object *body = p->lazy ? lazy_body(p) : webhook_body(p);
    outcome_bend(&d.outcome, body);
    strbuf_printf(&url, "%s%s", p->lazy ? p->callback_url : options.shop_url,
                  p->lazy ? "" : "/payment/webhook");
    d.url = url.at;
    d.body = heap_dup(d.outcome.garbage ? "{\"trackId\":" : field_text(body));
    d.attempts_left = WEBHOOK_ATTEMPTS - 1;
    send_copies(&d, d.outcome.copies > 1 ? d.outcome.copies : 1);
    json_object_put(body);
    free(d.body);
    strbuf_free(&url);
}

void callback_wake_payer(const struct payment *p)
{
    struct delivery *d = heap_new(sizeof *d);
    d->call = CALL_BANK;
    d->track = p->track;
    d->due = p->late_at;
    courier_send(d);
}
