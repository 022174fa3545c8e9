/* The SMS providers: how each wants to be asked. */
#include "net/sms.h"

#include <inttypes.h>
#include <string.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/op.h"
#include "core/view.h"
#include "net/fetch.h"
#include "net/sms_answer.h"

struct provider {
    const char *name;
    void (*code)(struct op *op, const char *phone, const char *code, struct sms_result *out);
    void (*text)(struct op *op, const char *phone, const char *text, int64_t local_id,
                 struct sms_result *out);
    bool (*delivery)(struct op *op, const char *message_id, enum sms_delivery *out);
};

static void refuse(struct sms_result *out, const char *problem)
{
    *out = (struct sms_result){ .outcome = SMS_REFUSED, .problem = problem };
}

/* Providers know mobile numbers as 09xxxxxxxxx. */
static const char *local_number(struct op *op, const char *e164)
{
    return strncmp(e164, "+98", 3) == 0 ? arena_printf(op->arena, "0%s", e164 + 3) : e164;
}

static struct str base_url(const struct op *op)
{
    struct str base = str_of(op->conf->sms_base_url);
    while (str_ends(base, "/"))
        base.n--;
    return base;
}

static void add_escaped(struct buf *b, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            strchr("-._~", c)) {
            buf_char(b, (char)c);
        } else {
            buf_char(b, '%');
            buf_char(b, hex[c >> 4]);
            buf_char(b, hex[c & 15]);
        }
    }
}

static void add_field(struct buf *b, const char *name, const char *value)
{
    if (b->n > 0)
        buf_char(b, '&');
    buf_str(b, name);
    buf_char(b, '=');
    add_escaped(b, value);
}

/* False when there is no answer to read: *out tells that it is worth another try. */
static bool post(struct op *op, const struct fetch_call *call, struct fetch_answer *answer,
                 struct sms_result *out)
{
    fetch(op, call, answer);
    if (answer->outcome == FETCH_ANSWERED)
        return true;
    *out = (struct sms_result){ .outcome = SMS_RETRY, .problem = answer->problem };
    return false;
}

/* --- Kavenegar: a form; the key is part of the address, which therefore is never logged ----- */

static struct fetch_call kavenegar_call(struct op *op, const char *method, const struct buf *form, bool idempotent)
{
    struct buf url;
    struct str base = base_url(op);
    buf_init(&url, op->arena, 200);
    buf_printf(&url, STR_FMT "/v1/", STR_ARG(base));
    add_escaped(&url, op->conf->sms_api_key);
    buf_str(&url, method);
    return (struct fetch_call){ .method = "POST",
                                .url = buf_text(&url),
                                .content_type = "application/x-www-form-urlencoded",
                                .body = buf_slice(form),
                                .idempotent = idempotent };
}

static bool kavenegar_delivery(struct op *op, const char *message_id, enum sms_delivery *out)
{
    struct fetch_answer answer;
    struct buf form;
    buf_init(&form, op->arena, 50);
    add_field(&form, "messageid", message_id);
    const struct fetch_call call = kavenegar_call(op, "/sms/status.json", &form, true);
    fetch(op, &call, &answer);
    return answer.outcome == FETCH_ANSWERED && sms_read_kavenegar_delivery(op->arena, answer.status, answer.body, out);
}

static void kavenegar_post(struct op *op, const char *method, const struct buf *form,
                           bool idempotent, struct sms_result *out)
{
    struct fetch_answer answer;
    const struct fetch_call call = kavenegar_call(op, method, form, idempotent);
    if (post(op, &call, &answer, out))
        sms_read_kavenegar(op->arena, answer.status, answer.body, out);
}

static void kavenegar_code(struct op *op, const char *phone, const char *code,
                           struct sms_result *out)
{
    struct buf form;
    buf_init(&form, op->arena, 200);
    add_field(&form, "receptor", local_number(op, phone));
    add_field(&form, "template", op->conf->sms_template);
    add_field(&form, "token", code);
    add_field(&form, "type", "sms");
    kavenegar_post(op, "/verify/lookup.json", &form, false, out);
}

/* localid makes a repeated send harmless. */
static void kavenegar_text(struct op *op, const char *phone, const char *text, int64_t local_id,
                           struct sms_result *out)
{
    struct buf form;
    buf_init(&form, op->arena, 1000);
    add_field(&form, "receptor", local_number(op, phone));
    add_field(&form, "message", text);
    add_field(&form, "localid", arena_printf(op->arena, "%" PRId64, local_id));
    if (op->conf->sms_sender[0] != '\0')
        add_field(&form, "sender", op->conf->sms_sender);
    kavenegar_post(op, "/sms/send.json", &form, true, out);
}

/* --- SMS.ir: JSON; the key is a header --------------------------------------------------- */

static void smsir_post(struct op *op, const char *method, struct view *body, struct sms_result *out)
{
    struct str base = base_url(op);
    struct fetch_answer answer;
    const char *const headers[] = {
        arena_printf(op->arena, "X-API-KEY: %s", op->conf->sms_api_key),
        "Accept: application/json",
        NULL,
    };
    const struct fetch_call call = {
        .method = "POST",
        .url = arena_printf(op->arena, STR_FMT "%s", STR_ARG(base), method),
        .content_type = "application/json",
        .body = str_of(view_serialize(op->arena, body)),
        .headers = headers,
    };
    if (post(op, &call, &answer, out))
        sms_read_smsir(op->arena, answer.status, answer.body, out);
}

static void smsir_code(struct op *op, const char *phone, const char *code, struct sms_result *out)
{
    int64_t template;
    if (!str_int(str_of(op->conf->sms_template), &template)) {
        refuse(out, "sms.template must be a number for SMS.ir");
        return;
    }
    struct view *body = view_new(op->arena);
    view_text(body, "mobile", local_number(op, phone));
    view_int(body, "templateId", template);
    struct view *parameter = view_append(view_array(body, "parameters"));
    view_text(parameter, "name", "CODE");
    view_text(parameter, "value", code);
    smsir_post(op, "/v1/send/verify", body, out);
}

/* SMS.ir has no guard against duplicates: the local id cannot be passed on. */
static void smsir_text(struct op *op, const char *phone, const char *text, int64_t local_id,
                       struct sms_result *out)
{
    int64_t line;
    (void)local_id;
    if (!str_int(str_of(op->conf->sms_sender), &line)) {
        refuse(out, "sms.sender must be a line number for SMS.ir");
        return;
    }
    struct view *body = view_new(op->arena);
    view_int(body, "lineNumber", line);
    view_text(body, "messageText", text);
    view_append_text(view_array(body, "mobiles"), local_number(op, phone));
    view_null(body, "sendDateTime");
    smsir_post(op, "/v1/send/bulk", body, out);
}

static bool smsir_delivery(struct op *op, const char *message_id, enum sms_delivery *out)
{
    struct str base = base_url(op);
    struct fetch_answer answer;
    struct buf url;
    const char *const headers[] = { arena_printf(op->arena, "X-API-KEY: %s", op->conf->sms_api_key),
                                    "Accept: application/json", NULL };
    buf_init(&url, op->arena, 200);
    buf_printf(&url, STR_FMT "/v1/send/", STR_ARG(base));
    add_escaped(&url, message_id);
    const struct fetch_call call = { .method = "GET", .url = buf_text(&url), .headers = headers, .idempotent = true };
    fetch(op, &call, &answer);
    return answer.outcome == FETCH_ANSWERED && sms_read_smsir_delivery(op->arena, answer.status, answer.body, out);
}

static const struct provider providers[] = {
    { "kavenegar", kavenegar_code, kavenegar_text, kavenegar_delivery },
    { "smsir", smsir_code, smsir_text, smsir_delivery },
};

static const struct provider *provider_of(const struct op *op, struct sms_result *out)
{
    for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
        if (strcmp(providers[i].name, op->conf->sms_provider) == 0)
            return &providers[i];
    refuse(out, "sms.provider is unknown");
    return NULL;
}

void sms_send_code(struct op *op, const char *phone_e164, const char *code, struct sms_result *out)
{
    const struct provider *p = provider_of(op, out);
    if (p)
        p->code(op, phone_e164, code, out);
}

void sms_send_text(struct op *op, const char *phone_e164, const char *text, int64_t local_id,
                   struct sms_result *out)
{
    const struct provider *p = provider_of(op, out);
    if (p)
        p->text(op, phone_e164, text, local_id, out);
}

bool sms_delivery(struct op *op, const char *message_id, enum sms_delivery *out)
{
    struct sms_result unused;
    const struct provider *p = provider_of(op, &unused);
    return p && p->delivery(op, message_id, out);
}
