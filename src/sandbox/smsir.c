/* SMS.ir: verify (templates) and bulk (free text), JSON with the key in a header. */
#include <stdlib.h>
#include <string.h>

#include "sandbox/field.h"
#include "sandbox/inbox.h"
#include "sandbox/options.h"
#include "sandbox/routes.h"
#include "sandbox/sms.h"

#define MOBILES_MAX 100

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
    { 103, 400, "متن پیامک خالی است" },
    { 105, 400, "تعداد موبایل‌ها بیشتر از حد مجاز است" },
    { 113, 400, "قالب یافت نشد" },
    { 107, 400, "لیست شماره موبایل‌ها خالی است" },
    { 114, 400, "طول رشته مقدار پارامتر بیش از حد مجاز است" },
    { 117, 400, "متن پیامک مورد تایید نیست" },
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
    *status = !name || !*name || !value ? 116 : sms_characters(value) > 25 ? 114 : 1;
    return *status == 1 ? value : NULL;
}

static bool smsir_key_good(const struct exchange *x)
{
    const char *key = exchange_header(x, "X-API-KEY");
    return key && *key && (!options.sms_key || strcmp(key, options.sms_key) == 0);
}

void smsir_verify(struct exchange *x)
{
    char phone[PHONE_TEXT] = "";
    const struct sms_template *t = sms_template(NULL, field_int_or(x->in, "templateId", -1));
    int status = 1;
    inbox_phone(field_str(x->in, "mobile"), phone);
    const char *value = smsir_value(x->in, &status);
    status = !smsir_key_good(x)              ? 10
             : !inbox_phone_is_mobile(phone) ? 104
             : !t                            ? 113
                                             : status;
    json_object *o = smsir_answer(x, status);
    if (status != 1)
        return;
    json_object *tokens = json_object_new_object(), *data = json_object_new_object();
    field_put_str(tokens, "token", value);
    char *text = sms_fill(t, tokens);
    json_object *m = sms_message(phone, text, "smsir");
    field_put_int(data, "messageId", sms_receive(x, m));
    field_put(data, "cost", json_object_new_double(1.0));
    field_put(o, "data", data);
    json_object_put(m);
    json_object_put(tokens);
    free(text);
}

static size_t mobiles_of(json_object *in, json_object **list)
{
    *list = field_get(in, "mobiles");
    return json_object_is_type(*list, json_type_array) ? json_object_array_length(*list) : 0;
}

/* The i-th number of the list; false when it is no mobile. */
static bool mobile_at(json_object *list, size_t i, char phone[PHONE_TEXT])
{
    json_object *v = json_object_array_get_idx(list, i);
    return v && inbox_phone(json_object_get_string(v), phone) && inbox_phone_is_mobile(phone);
}

static int check_bulk(const struct exchange *x, const char *text)
{
    char phone[PHONE_TEXT];
    json_object *list;
    size_t n = mobiles_of(x->in, &list);
    for (size_t i = 0; i < n; i++) {
        if (!mobile_at(list, i, phone))
            return 104;
    }
    return !smsir_key_good(x)                    ? 10
           : !text || !*text                     ? 103
           : sms_characters(text) > SMS_TEXT_MAX ? 117
           : n == 0                              ? 107
           : n > MOBILES_MAX                     ? 105
                                                 : 1;
}

void smsir_bulk(struct exchange *x)
{
    char phone[PHONE_TEXT];
    json_object *list;
    const char *text = field_str(x->in, "messageText");
    int status = check_bulk(x, text);
    json_object *o = smsir_answer(x, status);
    size_t n = status == 1 ? mobiles_of(x->in, &list) : 0;
    json_object *data = json_object_new_object(), *ids = json_object_new_array();
    for (size_t i = 0; i < n && mobile_at(list, i, phone); i++) {
        json_object *m = sms_message(phone, text, "smsir");
        json_object_array_add(ids, json_object_new_int64(sms_receive(x, m)));
        json_object_put(m);
    }
    field_put_str(data, "packId", "00000000-0000-4000-8000-000000000000");
    field_put(data, "messageIds", ids);
    field_put(data, "cost", json_object_new_double((double)n));
    if (status == 1)
        field_put(o, "data", data);
    else
        json_object_put(data);
}
