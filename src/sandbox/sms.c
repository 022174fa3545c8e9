/* SMS providers: Kavenegar (lookup, send, status) and SMS.ir (verify). Texts end in the inbox. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/field.h"
#include "sandbox/inbox.h"
#include "sandbox/options.h"
#include "sandbox/routes.h"
#include "sandbox/when.h"

#define TEXT_MAX 900 /* characters */
#define RECEPTORS_MAX 200
#define SENDER "10008663"
#define COST 120

/* Approved templates: %token… are Kavenegar's parameters, %host the shop's host. `number` is the
 * same template at SMS.ir, where its parameter stands for %token. */
static const struct template {
    const char *name;
    int64_t number;
    const char *text;
}
templates[] = {
    { "tarazu-otp", 100000,
      "کد ورود شما به فروشگاه: %token\nاین کد را به هیچ‌کس ندهید.\n\n@%host "
      "#%token" },
    { "tarazu-order-paid", 100001, "سفارش %token پرداخت شد. سپاس از خرید شما." },
    { "tarazu-order-shipped", 100002, "سفارش %token فرستاده شد. کد رهگیری: %token2" },
    { "tarazu-back-in-stock", 100003, "«%token10» دوباره موجود شد: %token20" },
};

static const char *const token_names[] = { "token20", "token10", "token3", "token2", "token" };
#define TOKEN_COUNT (sizeof token_names / sizeof token_names[0])

static const struct template *find_template(const char *name, int64_t number)
{
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
        if (name ? strcmp(templates[i].name, name) == 0 : templates[i].number == number)
            return &templates[i];
    }
    return NULL;
}

/* The text with its parameters filled in; tokens is an object of texts. The caller frees. */
static char *fill(const struct template *t, json_object *tokens)
{
    struct strbuf out = { 0 };
    for (const char *s = t->text; *s;) {
        size_t taken = 0;
        if (strncmp(s, "%host", 5) == 0) {
            strbuf_str(&out, options.shop_host);
            taken = 5;
        }
        for (size_t i = 0; *s == '%' && !taken && i < TOKEN_COUNT; i++) {
            size_t n = strlen(token_names[i]);
            if (strncmp(s + 1, token_names[i], n) == 0) {
                strbuf_str(&out, field_str(tokens, token_names[i]));
                taken = n + 1;
            }
        }
        if (!taken)
            strbuf_char(&out, *s);
        s += taken ? taken : 1;
    }
    return strbuf_take(&out);
}

static json_object *new_message(const char *phone, const char *text, const char *provider)
{
    json_object *m = json_object_new_object();
    field_put_str(m, "to", phone);
    field_put_str(m, "text", text);
    field_put_str(m, "provider", provider);
    return m;
}

/* Puts the message into the inbox as often as the faults say; returns its id. */
static int64_t receive(struct exchange *x, json_object *m)
{
    int64_t copies = x->outcome.drop ? 0 : x->outcome.copies > 1 ? x->outcome.copies : 1;
    for (int64_t i = 0; i < copies; i++)
        inbox_put("sms", m, &x->entry.messages);
    if (copies)
        x->entry.effect.kind = "sms";
    return field_int_or(m, "id", inbox_last_id() + 1);
}

/* ---- Kavenegar ---- */

static const struct kavenegar_status {
    int code;
    const char *message;
} kavenegar_codes[] = {
    { 200, "تایید شد" },
    { 400, "پارامترها ناقص هستند" },
    { 403, "کد شناسائی API-Key معتبر نمی‌باشد" },
    { 409, "سرور قادر به پاسخگوئی نیست، بعدا تلاش کنید" },
    { 411, "دریافت کننده نامعتبر است" },
    { 413, "پیام خالی است و یا طول پیام بیش از حد مجاز است" },
    { 414, "حجم درخواست بیشتر از حد مجاز است" },
    { 418, "اعتبار حساب کافی نیست" },
    { 422, "داده‌ها به دلیل وجود کاراکتر نامناسب قابل پردازش نیست" },
    { 424, "الگوی مورد نظر پیدا نشد" },
    { 431, "ساختار کد صحیح نمی‌باشد" },
    { 432, "پارامتر کد در متن پیام پیدا نشد" },
};

static void kavenegar_answer(struct exchange *x, int code, json_object *entries)
{
    json_object *o = json_object_new_object(), *r = json_object_new_object();
    const char *message = "عملیات ناموفق";
    for (size_t i = 0; i < sizeof kavenegar_codes / sizeof kavenegar_codes[0]; i++)
        message = kavenegar_codes[i].code == code ? kavenegar_codes[i].message : message;
    field_put_int(r, "status", code);
    field_put_str(r, "message", message);
    field_put(o, "return", r);
    field_put(o, "entries", entries);
    answer_json(x, code >= 100 && code <= 599 ? code : 200, o);
}

void kavenegar_refuse(struct exchange *x, int64_t code)
{
    kavenegar_answer(x, (int)code, NULL);
}

static bool kavenegar_key_good(struct exchange *x)
{
    if (!options.sms_key || strcmp(options.sms_key, x->param[0]) == 0)
        return true;
    kavenegar_answer(x, 403, NULL);
    return false;
}

/* Parameters come in the query or in the form. */
static const char *parameter(const struct exchange *x, const char *name)
{
    const char *value = field_str(x->in, name);
    value = value ? value : field_str(x->query, name);
    return value && *value ? value : NULL;
}

static json_object *kavenegar_entry(json_object *m, int64_t id, int status, const char *status_text)
{
    json_object *o = json_object_new_object();
    char local[PHONE_TEXT];
    const char *to = field_str(m, "to");
    snprintf(local, sizeof local, "0%s", to && inbox_phone_is_mobile(to) ? to + 3 : "");
    field_put_int(o, "messageid", id);
    field_put_str(o, "message", field_str(m, "text"));
    field_put_int(o, "status", status);
    field_put_str(o, "statustext", status_text);
    field_put_str(o, "sender", SENDER);
    field_put_str(o, "receptor", local);
    field_put_int(o, "date", when_now() / 1000000);
    field_put_int(o, "cost", COST);
    return o;
}

/* The message with this localid that went to this phone before, or NULL. */
static json_object *sent_before(const char *local_id, const char *phone)
{
    for (int64_t id = local_id ? inbox_last_id() : 0; id > 0; id--) {
        json_object *m = inbox_by_id(id);
        const char *known = m ? field_str(m, "localid") : NULL;
        if (known && strcmp(known, local_id) == 0 && strcmp(field_str(m, "to"), phone) == 0)
            return m;
    }
    return NULL;
}

static json_object *kavenegar_deliver(struct exchange *x, const char *phone, const char *text,
                                      const char *local_id)
{
    json_object *before = sent_before(local_id, phone);
    json_object *m = before ? json_object_get(before) : new_message(phone, text, "kavenegar");
    int64_t id = before ? field_int_or(before, "id", 0) : 0;
    if (!before) {
        if (local_id)
            field_put_str(m, "localid", local_id);
        id = receive(x, m);
    }
    json_object *entry = kavenegar_entry(m, id, 5, "ارسال به مخابرات");
    json_object_put(m);
    return entry;
}

/* 0 when the lookup can be sent, else Kavenegar's code. */
static int check_lookup(const struct exchange *x, const struct template *t, const char *phone)
{
    static const char *const no_spaces[] = { "token", "token2", "token3" };
    if (!parameter(x, "receptor") || !parameter(x, "template") || !parameter(x, "token"))
        return 400;
    if (!t)
        return 424;
    if (!inbox_phone_is_mobile(phone))
        return 411;
    for (size_t i = 0; i < 3; i++) {
        const char *value = parameter(x, no_spaces[i]);
        if (value && strpbrk(value, " \n\r\t"))
            return 431;
    }
    return parameter(x, "token10") && !strstr(t->text, "%token10") ? 432 : 0;
}

void kavenegar_lookup(struct exchange *x)
{
    char phone[PHONE_TEXT] = "";
    const char *name = parameter(x, "template");
    const struct template *t = name ? find_template(name, 0) : NULL;
    if (!kavenegar_key_good(x))
        return;
    inbox_phone(parameter(x, "receptor"), phone);
    int code = check_lookup(x, t, phone);
    if (code) {
        kavenegar_answer(x, code, NULL);
        return;
    }
    json_object *tokens = json_object_new_object();
    for (size_t i = 0; i < TOKEN_COUNT; i++)
        field_put_str(tokens, token_names[i], parameter(x, token_names[i]));
    char *text = fill(t, tokens);
    json_object *entries = json_object_new_array();
    json_object_array_add(entries, kavenegar_deliver(x, phone, text, NULL));
    kavenegar_answer(x, 200, entries);
    json_object_put(tokens);
    free(text);
}

static size_t characters(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

/* Splits "0912…,0935…" into canonical numbers; returns how many, or -1 when one is no mobile. */
static int phones_in(const char *list, char phones[][PHONE_TEXT])
{
    int n = 0;
    while (list && *list) {
        size_t length = strcspn(list, ",");
        char *one = heap_ndup(list, length);
        bool good =
            n < RECEPTORS_MAX && inbox_phone(one, phones[n]) && inbox_phone_is_mobile(phones[n]);
        free(one);
        if (!good)
            return -1;
        n++;
        list += length + (list[length] == ',');
    }
    return n;
}

void kavenegar_send(struct exchange *x)
{
    char phones[RECEPTORS_MAX][PHONE_TEXT];
    const char *receptor = parameter(x, "receptor"), *text = parameter(x, "message");
    if (!kavenegar_key_good(x))
        return;
    int n = phones_in(receptor, phones);
    int code = !receptor ? 400 : n < 0 ? 411 : !text || characters(text) > TEXT_MAX ? 413 : 200;
    json_object *entries = code == 200 ? json_object_new_array() : NULL;
    for (int i = 0; entries && i < n; i++)
        json_object_array_add(entries,
                              kavenegar_deliver(x, phones[i], text, parameter(x, "localid")));
    kavenegar_answer(x, code, entries);
}

void kavenegar_status(struct exchange *x)
{
    int64_t id = 0;
    json_object *m = text_int(parameter(x, "messageid"), &id) ? inbox_by_id(id) : NULL;
    if (!kavenegar_key_good(x))
        return;
    json_object *o = json_object_new_object(), *entries = json_object_new_array();
    field_put_int(o, "messageid", id);
    field_put_int(o, "status", m ? 10 : 100);
    field_put_str(o, "statustext", m ? "رسیده به گیرنده" : "شناسه پیام نامعتبر است");
    json_object_array_add(entries, o);
    kavenegar_answer(x, 200, entries);
}

/* ---- SMS.ir ---- */

static const struct smsir_code {
    int status, http;
    const char *message;
} smsir_codes[] = {
    { 0, 500, "خطای سامانه" },
    { 1, 200, "موفق" },
    { 10, 401, "کلید وب سرویس نامعتبر است" },
    { 20, 429, "تعداد درخواست بیشتر از حد مجاز است" },
    { 102, 400, "اعتبار کافی نمی‌باشد" },
    { 104, 400, "شماره موبایل نامعتبر است" },
    { 113, 400, "قالب یافت نشد" },
    { 114, 400, "طول رشته مقدار پارامتر بیش از حد مجاز است" },
    { 116, 400, "نام یک یا چند پارامتر مقداردهی نشده است" },
};

static json_object *smsir_answer(struct exchange *x, int status)
{
    json_object *o = json_object_new_object();
    const struct smsir_code *row = &smsir_codes[0];
    for (size_t i = 0; i < sizeof smsir_codes / sizeof smsir_codes[0]; i++)
        row = smsir_codes[i].status == status ? &smsir_codes[i] : row;
    field_put_int(o, "status", status);
    field_put_str(o, "message", row->message);
    field_put(o, "data", NULL);
    answer_json(x, row->http, o);
    return o;
}

void smsir_refuse(struct exchange *x, int64_t code)
{
    smsir_answer(x, code == 409 ? 20 : (int)code);
}

/* The first parameter's value; NULL and the status when it cannot be used. */
static const char *smsir_value(json_object *in, int *status)
{
    json_object *list = field_get(in, "parameters");
    json_object *first = list && json_object_is_type(list, json_type_array)
                             ? json_object_array_get_idx(list, 0)
                             : NULL;
    const char *name = field_str(first, "name"), *value = field_str(first, "value");
    *status = !name || !*name || !value ? 116 : characters(value) > 25 ? 114 : 1;
    return *status == 1 ? value : NULL;
}

void smsir_verify(struct exchange *x)
{
    char phone[PHONE_TEXT] = "";
    const char *key = exchange_header(x, "X-API-KEY");
    const struct template *t = find_template(NULL, field_int_or(x->in, "templateId", -1));
    int status = 1;
    inbox_phone(field_str(x->in, "mobile"), phone);
    const char *value = smsir_value(x->in, &status);
    status = !key || !*key || (options.sms_key && strcmp(key, options.sms_key) != 0) ? 10
             : !inbox_phone_is_mobile(phone)                                       ? 104
             : !t                                                                  ? 113
                                                                                   : status;
    json_object *o = smsir_answer(x, status);
    if (status != 1)
        return;
    json_object *tokens = json_object_new_object(), *data = json_object_new_object();
    field_put_str(tokens, "token", value);
    char *text = fill(t, tokens);
    json_object *m = new_message(phone, text, "smsir");
    field_put_int(data, "messageId", receive(x, m));
    json_object_put(m);
    field_put(data, "cost", json_object_new_double(1.0));
    field_put(o, "data", data);
    json_object_put(tokens);
    free(text);
}
