/* Route table, input decoding, faults and journal around every call. */
#include "sandbox/routes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sandbox/bank.h"
#include "sandbox/field.h"
#include "sandbox/state.h"
#include "sandbox/zarinpal.h"

static const struct route routes[] = {
    { "POST", "/v1/request", CALL_REQUEST, zibal_request, zibal_refuse },
    { "POST", "/request/lazy", CALL_REQUEST, zibal_lazy, zibal_refuse },
    { "POST", "/v1/verify", CALL_VERIFY, zibal_verify, zibal_refuse },
    { "POST", "/verify", CALL_VERIFY, zibal_verify, zibal_refuse },
    { "POST", "/v1/inquiry", CALL_INQUIRY, zibal_inquiry, zibal_refuse },
    { "GET", "/start/{}", CALL_START, page_start, NULL },
    { "GET", "/start/{}/direct", CALL_START, page_start, NULL },
    { "POST", "/start/{}", CALL_BANK, page_act, NULL },

    { "POST", "/v1/account/refund", CALL_REFUND, platform_refund, platform_refuse },
    { "POST", "/v1/account/refund/inquiry", CALL_REFUND_INQUIRY, platform_refund_inquiry,
      platform_refuse },
    { "POST", "/v1/account/refund/list", CALL_REPORT, platform_refund_list, platform_refuse },
    { "POST", "/v1/gateway/report/transaction", CALL_REPORT, platform_report, platform_refuse },

    { "POST", "/pg/v4/payment/request.json", CALL_REQUEST, zarinpal_request, zarinpal_refuse },
    { "POST", "/pg/v4/payment/verify.json", CALL_VERIFY, zarinpal_verify, zarinpal_refuse },
    { "POST", "/pg/v4/payment/inquiry.json", CALL_INQUIRY, zarinpal_inquiry, zarinpal_refuse },
    { "GET", "/pg/StartPay/{}", CALL_START, zarinpal_start, NULL },

    { "POST", "/bank/{}/{}", CALL_BANK, payer_program, NULL },

    { "GET", "/v1/{}/verify/lookup.json", CALL_SMS, kavenegar_lookup, kavenegar_refuse },
    { "POST", "/v1/{}/verify/lookup.json", CALL_SMS, kavenegar_lookup, kavenegar_refuse },
    { "GET", "/v1/{}/sms/send.json", CALL_SMS, kavenegar_send, kavenegar_refuse },
    { "POST", "/v1/{}/sms/send.json", CALL_SMS, kavenegar_send, kavenegar_refuse },
    { "GET", "/v1/{}/sms/status.json", CALL_NONE, kavenegar_status, NULL },
    { "POST", "/v1/{}/sms/status.json", CALL_NONE, kavenegar_status, NULL },
    { "POST", "/v1/send/verify", CALL_SMS, smsir_verify, smsir_refuse },
    { "POST", "/v1/send/bulk", CALL_SMS, smsir_bulk, smsir_refuse },

    { "GET", "/inbox/sms", CALL_NONE, desk_sms, NULL },
    { "GET", "/inbox/mail", CALL_NONE, desk_mail, NULL },
    { "GET", "/bank/journal", CALL_NONE, desk_journal, NULL },
    { "GET", "/faults", CALL_NONE, desk_faults, NULL },
    { "POST", "/faults", CALL_NONE, desk_faults_add, NULL },
    { "DELETE", "/faults", CALL_NONE, desk_faults_clear, NULL },
    { "POST", "/faults/clear", CALL_NONE, desk_faults_clear, NULL },
    { "DELETE", "/faults/{}", CALL_NONE, desk_faults_clear, NULL },
    { "POST", "/v1/traces", CALL_NONE, traces_take, NULL },
    { "GET", "/traces", CALL_NONE, traces_list, NULL },
    { "GET", "/healthz", CALL_NONE, desk_health, NULL },
    { "GET", "/style.css", CALL_NONE, desk_style, NULL },
    { "GET", "/font.woff2", CALL_NONE, desk_font, NULL },
    { "GET", "/", CALL_NONE, desk_index, NULL },
    { "GET", "/inbox", CALL_NONE, desk_inbox, NULL },
    { "GET", "/bank", CALL_NONE, desk_bank, NULL },
};

/* Matches path against pattern; one trailing slash is the same path. Fills param (to be freed). */
static bool path_matches(const char *pattern, const char *path, char *param[2])
{
    size_t taken = 0;
    for (size_t i = 0; i < 2; i++) {
        free(param[i]);
        param[i] = NULL;
    }
    while (*pattern) {
        if (strncmp(pattern, "{}", 2) == 0) {
            size_t n = strcspn(path, "/");
            if (n == 0 || taken == 2)
                break;
            param[taken++] = heap_ndup(path, n);
            path += n;
            pattern += 2;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return !*pattern && (!*path || strcmp(path, "/") == 0);
}

/* NULL with *known when only the method is wrong. */
static const struct route *find_route(struct exchange *x, bool *known)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!path_matches(routes[i].path, x->path, x->param))
            continue;
        if (strcmp(routes[i].method, x->method) == 0)
            return &routes[i];
        *known = true;
    }
    return NULL;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static char *form_text(const char *s, size_t n)
{
    struct strbuf out = { 0 };
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '%' && i + 2 < n && hex_value(s[i + 1]) >= 0 && hex_value(s[i + 2]) >= 0) {
            strbuf_char(&out, (char)(hex_value(s[i + 1]) * 16 + hex_value(s[i + 2])));
            i += 2;
        } else {
            strbuf_char(&out, s[i] == '+' ? ' ' : s[i]);
        }
    }
    return strbuf_take(&out);
}

static void parse_form(struct exchange *x)
{
    const char *s = strbuf_text(&x->body);
    while (*s) {
        size_t n = strcspn(s, "&"), name_n = strcspn(s, "=&");
        char *name = form_text(s, name_n);
        char *value = form_text(s + name_n + (name_n < n), n - name_n - (name_n < n));
        field_put_str(x->in, name, value);
        free(name);
        free(value);
        s += n + (s[n] == '&');
    }
}

static void parse_body(struct exchange *x)
{
    const char *type = exchange_header(x, "Content-Type");
    if (x->body.len == 0)
        return;
    bool braces = strbuf_text(&x->body)[0] == '{'; /* JSON, whatever the header says: curl -d */
    if (!braces && type && strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0) {
        x->form = true;
        parse_form(x);
        return;
    }
    json_object *o = json_tokener_parse(strbuf_text(&x->body));
    if (o && json_object_is_type(o, json_type_object)) {
        json_object_put(x->in);
        x->in = o;
    } else {
        json_object_put(o);
    }
}

/* The payment this call is about, as far as the path or the body says. */
static struct payment *payment_meant(const struct exchange *x)
{
    static const char *const keys[] = { "trackId", "transactionTrackId" };
    const char *authority = field_str(x->in, "authority");
    struct payment *p = authority ? zarinpal_find(authority) : NULL;
    int64_t id = 0;
    for (size_t i = 0; !p && i < 2; i++) {
        if (field_int(x->in, keys[i], &id))
            p = bank_find(id);
    }
    if (!p && field_int(x->in, "refundId", &id))
        bank_find_refund(id, &p);
    if (!p && x->param[0] && text_int(x->param[0], &id))
        p = bank_find(id);
    return p ? p : x->param[0] ? zarinpal_find(x->param[0]) : NULL;
}

/* The input for the journal: without what only the merchant may know. */
static json_object *without_secrets(json_object *in)
{
    static const char *const secrets[] = {
        "merchant", "merchant_id", "accountId",  "token",   "token2",      "token3", "token10",
        "token20",  "card",        "parameters", "message", "messageText", "text",
    };
    json_object *copy = NULL;
    if (json_object_deep_copy(in, &copy, NULL) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        json_object_object_del(copy, secrets[i]);
    return copy;
}

static void prepare(struct exchange *x)
{
    struct payment *p = payment_meant(x);
    const char *order = p ? p->order_id : field_str(x->in, "orderId");
    x->entry.call = call_name(x->route->call);
    x->entry.track = p ? p->track : 0;
    x->entry.request = without_secrets(json_object_object_length(x->in) ? x->in : x->query);
    if (x->route->call && x->route->call < CALL_BANK)
        faults_take(x->route->call, x->entry.track, order, &x->outcome);
}

/* Runs the handler, or says no in its place. Lock held. Returns the journal's line, or NULL. */
static char *act(struct exchange *x)
{
    const struct outcome *o = &x->outcome;
    if (o->http_status)
        answer_error(x, (int)o->http_status, "fault");
    else if (o->result_code && x->route->refuse)
        x->route->refuse(x, o->result_code);
    else if (!o->reset_before)
        x->route->handle(x);
    if (x->route->call == CALL_NONE)
        return NULL;
    x->entry.result = x->json;
    x->entry.faults = o->names;
    return journal_add(&x->entry);
}

static void spoil(struct exchange *x)
{
    const struct outcome *o = &x->outcome;
    x->hangup = x->hangup || o->reset_before || o->reset_after;
    if (o->garbage) {
        json_object_put(x->json);
        x->json = NULL;
        strbuf_free(&x->html);
        strbuf_str(&x->html, "<html><body>502 upstream { \"result\": 1");
        x->status = 200;
    } else if (x->json && !o->http_status && !o->result_code) {
        outcome_bend(o, x->json);
    }
}

/* What has failed meanwhile. The file is written with the lock held: seldom enough. */
static void bounce(void)
{
    for (char *line = platform_bounce(); line; line = platform_bounce())
        journal_write(line);
}

void exchange_run(struct exchange *x)
{
    bool known = false;
    x->status = 200;
    x->route = x->too_large ? NULL : find_route(x, &known);
    if (!x->route) {
        answer_error(x, x->too_large ? 413 : known ? 405 : 404,
                     x->too_large ? "too large" : known ? "method not allowed" : "not found");
        return;
    }
    parse_body(x);
    state_lock();
    bounce();
    prepare(x);
    state_unlock();
    state_pause(x->outcome.delay_before_ms);
    state_lock();
    bounce();
    char *line = act(x);
    spoil(x);
    state_unlock();
    if (line)
        journal_write(line);
    state_pause(x->outcome.delay_ms + x->delay_ms);
}
