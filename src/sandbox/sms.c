/* Templates of text messages and the way into the inbox. */
#include "sandbox/sms.h"

#include <string.h>

#include "sandbox/exchange.h"
#include "sandbox/field.h"
#include "sandbox/inbox.h"
#include "sandbox/options.h"

static const struct sms_template templates[] = {
    { "tarazu-otp", 100000,
      "کد ورود شما به فروشگاه: %token\nاین کد را به هیچ‌کس ندهید.\n\n@%host #%token" },
    { "tarazu-order-paid", 100001, "سفارش %token پرداخت شد. سپاس از خرید شما." },
    { "tarazu-order-shipped", 100002, "سفارش %token فرستاده شد. کد رهگیری: %token2" },
    { "tarazu-back-in-stock", 100003, "«%token10» دوباره موجود شد: %token20" },
};

const char *const sms_tokens[] = { "token20", "token10", "token3", "token2", "token", NULL };

const struct sms_template *sms_template(const char *name, int64_t number)
{
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
        if (name ? strcmp(templates[i].name, name) == 0 : templates[i].number == number)
            return &templates[i];
    }
    return NULL;
}

char *sms_fill(const struct sms_template *t, json_object *tokens)
{
    struct strbuf out = { 0 };
    for (const char *s = t->text; *s;) {
        size_t taken = 0;
        if (strncmp(s, "%host", 5) == 0) {
            strbuf_str(&out, options.shop_host);
            taken = 5;
        }
        for (size_t i = 0; *s == '%' && !taken && sms_tokens[i]; i++) {
            size_t n = strlen(sms_tokens[i]);
            if (strncmp(s + 1, sms_tokens[i], n) == 0) {
                strbuf_str(&out, field_str(tokens, sms_tokens[i]));
                taken = n + 1;
            }
        }
        if (!taken)
            strbuf_char(&out, *s);
        s += taken ? taken : 1;
    }
    return strbuf_take(&out);
}

json_object *sms_message(const char *phone, const char *text, const char *provider)
{
    json_object *m = json_object_new_object();
    field_put_str(m, "to", phone);
    field_put_str(m, "text", text);
    field_put_str(m, "provider", provider);
    return m;
}

int64_t sms_receive(struct exchange *x, json_object *m)
{
    int64_t copies = x->outcome.drop ? 0 : x->outcome.copies > 1 ? x->outcome.copies : 1;
    for (int64_t i = 0; i < copies; i++)
        inbox_put("sms", m, &x->entry.messages);
    if (copies)
        x->entry.effect.kind = "sms";
    return field_int_or(m, "id", inbox_last_id() + 1);
}

size_t sms_characters(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}
