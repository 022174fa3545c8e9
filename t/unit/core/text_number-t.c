/* Numbers, phones, postal and national codes, IBANs as people type them. */
#include "core/arena.h"
#include "core/text.h"
#include "tap.h"

static const struct {
    const char *in;
    int64_t out; /* -1: refused */
} numbers[] = {
    { "0", 0 },
    { "۱۲۳", 123 },
    { "٤٥٦", 456 },
    { "１２", 12 },
    { " 250000 ", 250000 },
    { "250,000", 250000 },
    { "۲۵۰٬۰۰۰", 250000 },
    { "۲۵۰،۰۰۰", 250000 },
    { "1.000.000", 1000000 },
    { "1_000", 1000 },
    { "1 000 000", 1000000 },
    { "۲۵۰٬۰۰۰ تومان", 250000 },
    { "۲۵۰تومن", 250 },
    { "250 Toman", 250 },
    { "250 IRT", 250 },
    { "\u200f۱۲\u200c۳\u200e", 123 },
    { "007", 7 },
    { "9223372036854775807", INT64_MAX },
    { "9223372036854775808", -1 },
    { "", -1 },
    { " ", -1 },
    { "-5", -1 },
    { "+5", -1 },
    { "1.5", -1 },
    { "12,5", -1 },
    { "1,00", -1 },
    { "1,0000", -1 },
    { "1234,567", -1 },
    { ",000", -1 },
    { "1,000.000", -1 },
    { "1,000,", -1 },
    { "۱٫۵", -1 },
    { "تومان", -1 },
    { "12 ریال", -1 },
    { "12a", -1 },
    { "1e3", -1 },
    { "0x10", -1 },
    { "\xff" "1", -1 },
    { "1111111111111111111111111111111111111111111111111111111111111111111111111111", -1 },
};

static const struct {
    const char *in, *mobile, *phone;
} phones[] = {
    { "09123456789", "+989123456789", "+989123456789" },
    { "9123456789", "+989123456789", "+989123456789" },
    { "+989123456789", "+989123456789", "+989123456789" },
    { "00989123456789", "+989123456789", "+989123456789" },
    { "989123456789", "+989123456789", "+989123456789" },
    { "+98 (0) 912 345 67 89", "+989123456789", "+989123456789" },
    { "۰۹۱۲-۳۴۵ ۶۷۸۹", "+989123456789", "+989123456789" },
    { "٠٩١٢٣٤٥٦٧٨٩", "+989123456789", "+989123456789" },
    { "\u202a+۹۸ ۹۱۲\u200c۳۴۵۶۷۸۹\u202c", "+989123456789", "+989123456789" },
    { "0912.345/6789", "+989123456789", "+989123456789" },
    { "021-88776655", NULL, "+982188776655" },
    { "+98 21 8877 6655", NULL, "+982188776655" },
    { "(۰۳۱) ۳۲۲۱۱۲۳۴", NULL, "+983132211234" },
    { "02108776655", NULL, NULL },
    { "0912345678", NULL, NULL },
    { "091234567890", NULL, NULL },
    { "+19123456789", NULL, NULL },
    { "09 12 34 56 78 a", NULL, NULL },
    { "0912345678+9", NULL, NULL },
    { "++989123456789", NULL, NULL },
    { "00", NULL, NULL },
    { "", NULL, NULL },
    { "داود", NULL, NULL },
};

static void test_codes(struct arena *a)
{
    const char *out = NULL;
    ok(text_postal_code(a, STR("۱۲۳۴۵-۶۷۸۹۰"), &out), "postal code");
    is_str(out, "1234567890", "folded");
    ok(!text_postal_code(a, STR("123456789"), &out) &&
           !text_postal_code(a, STR("12345678901"), &out) &&
           !text_postal_code(a, STR("12345x7890"), &out), "ten digits and nothing else");
    static const char *const good[] = { "0499370899", "0790419904", "0084575948", "0963695398",
                                        "0684159414", "0067749828", "0650451252" };
    static const char *const bad[] = { "0684159415", "1111111111", "0123456786x", "049937089",
                                       "1230000004", "00000000000", "" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ok(text_national_code(good[i]), "national code %s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ok(!text_national_code(bad[i]), "no national code: %s", bad[i]);
    ok(!text_national_code(NULL), "NULL is none either");
    static const char *const companies[] = { "10380284790", "10861677542", "14005893875", "14000000120" };
    static const char *const none[] = { "10380284791", "10380000009", "1038028479", "103802847900", "1038028479x", "" };
    for (size_t i = 0; i < sizeof(companies) / sizeof(companies[0]); i++)
        ok(text_legal_id(companies[i]), "legal id %s", companies[i]);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        ok(!text_legal_id(none[i]), "no legal id: %s", none[i]);
    ok(!text_legal_id(NULL), "NULL is none either");
    ok(text_goods_id("2710000138645") && !text_goods_id("271000013864") && !text_goods_id("27100001386450") &&
           !text_goods_id("271000013864x") && !text_goods_id(NULL), "a goods id has thirteen digits");
}

static void test_iban(struct arena *a)
{
    const char *out = NULL;
    ok(text_iban(a, STR("IR820540102680020817909002"), &out), "IBAN");
    is_str(out, "IR820540102680020817909002", "as it is");
    ok(text_iban(a, STR("ir۸۲ ۰۵۴۰ ۱۰۲۶ ۸۰۰۲ ۰۸۱۷ ۹۰۹۰ ۰۲"), &out), "Persian digits in groups");
    is_str(out, "IR820540102680020817909002", "folded");
    ok(text_iban(a, STR("820540102680020817909002"), &out), "without the country");
    is_str(out, "IR820540102680020817909002", "completed");
    ok(!text_iban(a, STR("IR830540102680020817909002"), &out), "wrong check digits");
    ok(!text_iban(a, STR("IR82054010268002081790900"), &out), "too short");
    ok(!text_iban(a, STR("GB82WEST12345698765432"), &out), "another country");
}

int main(void)
{
    struct arena *a = arena_create("test");
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        int64_t value = -1;
        bool good = text_number(str_of(numbers[i].in), &value);
        ok(good == (numbers[i].out >= 0) && (!good || value == numbers[i].out), "number «%s»",
           numbers[i].in);
    }
    for (size_t i = 0; i < sizeof(phones) / sizeof(phones[0]); i++) {
        is_str(text_mobile(a, str_of(phones[i].in)), phones[i].mobile, "mobile");
        is_str(text_phone(a, str_of(phones[i].in)), phones[i].phone, "phone");
    }
    is_str(text_mask_phone(a, "+989123456789"), "+98912***6789", "masked");
    is_str(text_mask_phone(a, "0912"), "***", "too short to show anything");
    is_str(text_mask_phone(a, NULL), "***", "none");
    test_codes(a);
    test_iban(a);
    arena_destroy(a);
    return done();
}
