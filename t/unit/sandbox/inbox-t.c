/* Phone spellings, one-time codes and the order of the inbox. */
#include "sandbox/inbox.h"

#include "sandbox/field.h"
#include "tap.h"

static void test_phones(void)
{
    static const char *const spellings[] = {
        "+989121234567", " 989121234567", "00989121234567", "09121234567",
        "9121234567", "0912 123 4567", "۰۹۱۲۱۲۳۴۵۶۷", "٠٩١٢١٢٣٤٥٦٧", "+98 (912) 123-4567",
    };
    char phone[PHONE_TEXT];
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        ok(inbox_phone(spellings[i], phone), "\"%s\" has digits", spellings[i]);
        is_str(phone, "+989121234567", spellings[i]);
    }
    ok(inbox_phone_is_mobile("+989121234567"), "that is a mobile number");
    ok(inbox_phone("02188776655", phone), "a landline has digits");
    ok(!inbox_phone_is_mobile(phone), "a landline is no mobile number");
    ok(!inbox_phone("", phone), "nothing has no digits");
    ok(!inbox_phone(NULL, phone), "no text has no digits");
    ok(inbox_phone("1234567890123456789012345678901234567890", phone), "an endless number is cut");
}

static void test_codes(void)
{
    char code[16];
    ok(inbox_code("order 12345678 code\n\n@localhost #482913", code), "WebOTP line");
    is_str(code, "482913", "the WebOTP line counts before other digits");
    ok(inbox_code("code: 4821.", code), "digits in the text");
    is_str(code, "4821", "the first run of four to eight digits");
    ok(!inbox_code("order 123456789 in 3 days", code), "too long and too short runs are no codes");
}

static json_object *message(const char *to, const char *text)
{
    json_object *m = json_object_new_object();
    field_put_str(m, "to", to);
    field_put_str(m, "text", text);
    field_put_str(m, "raw", "bytes");
    return m;
}

static const char *text_at(json_object *list, size_t i)
{
    return field_str(json_object_array_get_idx(list, i), "text");
}

static void test_order(void)
{
    static const char *const texts[] = { "one", "two 1234", "three" };
    static const char *const to[] = { "+989121234567", "+989350000000", "+989121234567" };
    json_object *journal = NULL;
    for (size_t i = 0; i < 3; i++) {
        json_object *m = message(to[i], texts[i]);
        field_put_str(m, "localid", i == 1 ? "b" : "a");
        inbox_put("sms", m, &journal);
        json_object_put(m);
    }
    json_object *all = inbox_list("sms", NULL, 10, false),
                *one = inbox_list("sms", to[0], 10, true);
    is_int((int64_t)json_object_array_length(all), 3, "all messages");
    is_str(text_at(all, 0), "three", "newest first");
    is_str(field_str(json_object_array_get_idx(all, 1), "code"), "1234",
           "the code beside the text");
    ok(!field_get(json_object_array_get_idx(all, 0), "raw"), "raw only on request");
    is_int((int64_t)json_object_array_length(one), 2, "messages of one phone");
    is_str(text_at(one, 1), "one", "oldest last");
    is_str(field_str(json_object_array_get_idx(one, 0), "raw"), "bytes", "raw on request");
    is_int((int64_t)inbox_count("mail"), 0, "texts are no mails");
    int64_t last = inbox_last_id();
    is_str(field_str(inbox_by_id(last - 1), "text"), "two 1234", "by its id");
    ok(!inbox_by_id(last + 1) && !inbox_by_id(last - 3), "none before the first or after the last");
    is_str(field_str(inbox_by_local_id("a", to[0]), "text"), "three", "the newest by the sender's id");
    ok(!inbox_by_local_id("b", to[0]) && !inbox_by_local_id(NULL, to[0]), "of that phone alone");
    inbox_restore(journal);
    is_int((int64_t)inbox_count("sms"), 6, "what the journal kept comes back");
    json_object_put(all);
    json_object_put(one);
    json_object_put(journal);
}

int main(void)
{
    test_phones();
    test_codes();
    test_order();
    return done();
}
