/* Kavenegar: lookup, send, status. Parameters come in the query or in a form. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/field.h"
#include "sandbox/inbox.h"
#include "sandbox/options.h"
#include "sandbox/routes.h"
#include "sandbox/sms.h"
#include "sandbox/when.h"

#define RECEPTORS_MAX 200
#define SENDER "10008663"
#define COST 120

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

static json_object *kavenegar_deliver(struct exchange *x, const char *phone, const char *text,
                                      const char *local_id)
{
    json_object *before = inbox_by_local_id(local_id, phone); /* sent again: told what became of it */
    json_object *m = before ? json_object_get(before) : sms_message(phone, text, "kavenegar");
    int64_t id = before ? field_int_or(before, "id", 0) : 0;
    if (!before) {
        if (local_id)
            field_put_str(m, "localid", local_id);
        id = sms_receive(x, m);
    }
    json_object *entry = kavenegar_entry(m, id, 5, "ارسال به مخابرات");
    json_object_put(m);
    return entry;
}

/* 0 when the lookup can be sent, else Kavenegar's code. */
static int check_lookup(const struct exchange *x, const struct sms_template *t, const char *phone)
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
    const struct sms_template *t = name ? sms_template(name, 0) : NULL;
    if (!kavenegar_key_good(x))
        return;
    inbox_phone(parameter(x, "receptor"), phone);
    int code = check_lookup(x, t, phone);
    if (code) {
        kavenegar_answer(x, code, NULL);
        return;
    }
    json_object *tokens = json_object_new_object();
    for (size_t i = 0; sms_tokens[i]; i++)
        field_put_str(tokens, sms_tokens[i], parameter(x, sms_tokens[i]));
    char *text = sms_fill(t, tokens);
    json_object *entries = json_object_new_array();
    json_object_array_add(entries, kavenegar_deliver(x, phone, text, NULL));
    kavenegar_answer(x, 200, entries);
    json_object_put(tokens);
    free(text);
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
    int code = !receptor                                        ? 400
               : n < 0                                          ? 411
               : !text || sms_characters(text) > SMS_TEXT_MAX ? 413
                                                              : 200;
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
