/* How each type of field is read. */
#include "http/schema_types.h"

#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/jalali.h"
#include "core/text.h"
#include "core/view.h"

#define TEXT (1u << VIEW_TEXT)
#define INT (1u << VIEW_INT)
#define DOUBLE (1u << VIEW_DOUBLE)
#define BOOL (1u << VIEW_BOOL)

#define DECIMAL_WHOLE_DIGITS 9
#define JALALI_YEARS_BELOW 1700 /* years below are Jalali, the others Gregorian */

static const char *text_limits(const struct field *f, size_t n)
{
    if ((int64_t)n < f->min)
        return "too_short";
    return (int64_t)n > schema_max(f) ? "too_long" : NULL;
}

static const char *int_limits(const struct field *f, int64_t value)
{
    if (value < f->min)
        return "too_small";
    return value > schema_max(f) ? "too_large" : NULL;
}

/* Stores text that is not empty and within the limits. */
static const char *store_text(const struct scalar_input *in, const char *text, void *slot)
{
    if (text[0] == '\0')
        return NULL;
    const char *fault = text_limits(in->field, text_length(str_of(text)));
    if (!fault)
        *(const char **)slot = text;
    return fault;
}

static const char *parse_text(const struct scalar_input *in, void *slot)
{
    return store_text(in, text_clean(in->arena, in->text, false), slot);
}

static const char *parse_longtext(const struct scalar_input *in, void *slot)
{
    return store_text(in, text_clean(in->arena, in->text, true), slot);
}

static const char *parse_secret(const struct scalar_input *in, void *slot)
{
    const char *fault = in->text.n > 0 ? text_limits(in->field, in->text.n) : NULL;
    if (!fault && in->text.n > 0)
        *(const char **)slot = str_dup(in->arena, in->text);
    return fault;
}

static bool number_of_text(struct arena *a, struct str s, int64_t *out)
{
    struct str t = str_trim(str_of(text_clean(a, s, false)));
    bool negative = str_starts(t, "-") || str_starts(t, "−");
    if (negative) {
        size_t sign = t.p[0] == '-' ? 1 : strlen("−");
        t.p += sign;
        t.n -= sign;
    }
    if (!text_number(t, out))
        return false;
    *out = negative ? -*out : *out;
    return true;
}

static const char *parse_int(const struct scalar_input *in, void *slot)
{
    int64_t value = in->is_text ? 0 : view_value_int(in->value);
    if (in->is_text && !number_of_text(in->arena, in->text, &value))
        return "bad_number";
    const char *fault = int_limits(in->field, value);
    if (!fault)
        *(int64_t *)slot = value;
    return fault;
}

static const char *parse_bool(const struct scalar_input *in, void *slot)
{
    static const struct {
        const char *word;
        int value;
    } words[] = { { "true", 1 },  { "on", 1 },  { "1", 1 },
                  { "false", 0 }, { "off", 0 }, { "0", 0 } };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_is(in->text, words[i].word)) {
            *(int *)slot = words[i].value;
            return NULL;
        }
    }
    return "type";
}

static const char *parse_phone(const struct scalar_input *in, void *slot)
{
    const char *phone = text_mobile(in->arena, in->text);
    if (phone)
        *(const char **)slot = phone;
    return phone ? NULL : "bad_mobile";
}

static const char *parse_tel(const struct scalar_input *in, void *slot)
{
    const char *phone = text_phone(in->arena, in->text);
    if (phone)
        *(const char **)slot = phone;
    return phone ? NULL : "bad_phone";
}

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* local@domain: printable ASCII without what mail headers use as syntax; the domain has labels. */
static bool is_email(struct str s)
{
    struct str domain = s, local = str_cut(&domain, '@');
    if (local.n == 0 || local.n > 64 || domain.n < 3 || domain.n > 253)
        return false;
    for (size_t i = 0; i < local.n; i++)
        if (local.p[i] <= ' ' || local.p[i] >= 0x7f || strchr("\"(),:;<>[\\]", local.p[i]))
            return false;
    if (local.p[0] == '.' || local.p[local.n - 1] == '.')
        return false;
    size_t labels = 0;
    if (domain.p[domain.n - 1] == '.')
        return false;
    while (domain.n > 0) {
        struct str label = str_cut(&domain, '.');
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!is_letter_or_digit(label.p[i]) && label.p[i] != '-')
                return false;
        labels++;
    }
    return labels >= 2;
}

static const char *parse_email(const struct scalar_input *in, void *slot)
{
    const char *text = text_clean(in->arena, in->text, false);
    if (text[0] == '\0')
        return NULL;
    if (!is_email(str_of(text)))
        return "bad_email";
    char *email = arena_strdup(in->arena, text);
    for (char *p = strchr(email, '@'); *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return store_text(in, email, slot);
}

static const char *parse_code(const struct scalar_input *in, void *slot)
{
    return store_text(in, text_fold_code(in->arena, in->text), slot);
}

static const char *parse_digits(const struct scalar_input *in, void *slot)
{
    const char *digits = text_fold_code(in->arena, in->text);
    if (digits[strspn(digits, "0123456789")] != '\0')
        return "bad_number";
    return store_text(in, digits, slot);
}

static const char *parse_slug(const struct scalar_input *in, void *slot)
{
    const char *text = text_clean(in->arena, in->text, false);
    if (text[0] == '\0')
        return NULL;
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < 0x80 && !is_letter_or_digit(*p) && *p != '-')
            return "bad_slug";
    const char *slug = text_slug(in->arena, str_of(text));
    return slug[0] ? store_text(in, slug, slot) : "bad_slug";
}

static const char *parse_uuid(const struct scalar_input *in, void *slot)
{
    struct str s = str_trim(in->text);
    if (s.n != 36)
        return "bad_uuid";
    char *uuid = arena_strndup(in->arena, s.p, s.n);
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (uuid[i] >= 'A' && uuid[i] <= 'F')
            uuid[i] = (char)(uuid[i] - 'A' + 'a');
        if (dash ? uuid[i] != '-' : !memchr("0123456789abcdef", uuid[i], 16))
            return "bad_uuid";
    }
    *(const char **)slot = uuid;
    return NULL;
}

static const char *parse_enum(const struct scalar_input *in, void *slot)
{
    struct str choices = str_of(in->field->choices);
    while (choices.n > 0) {
        struct str choice = str_cut(&choices, ' ');
        if (choice.n > 0 && str_eq(choice, in->text)) {
            *(const char **)slot = str_dup(in->arena, choice);
            return NULL;
        }
    }
    return "not_one_of";
}

/* "2026-11-23", "1405/9/2": Tehran midnight of that day. */
static bool parse_date(struct arena *a, struct str s, int64_t *out)
{
    char sep = s.n > 0 && memchr(s.p, '/', s.n) ? '/' : '-';
    int64_t part[3];
    for (int i = 0; i < 3; i++) {
        struct str digits = str_cut(&s, sep);
        if (digits.n == 0 || digits.n > 4 || digits.p[0] == '-' || !str_int(digits, &part[i]))
            return false;
    }
    if (s.n > 0)
        return false;
    if (part[0] < JALALI_YEARS_BELOW) {
        if (!jalali_valid((int)part[0], (int)part[1], (int)part[2]))
            return false;
        *out = jalali_to_unix((int)part[0], (int)part[1], (int)part[2]);
        return true;
    }
    const char *midnight = arena_printf(a, "%04d-%02d-%02dT00:00:00+03:30", (int)part[0],
                                        (int)part[1], (int)part[2]);
    return clock_parse_rfc3339(str_of(midnight), out);
}

static const char *parse_time(const struct scalar_input *in, void *slot)
{
    struct str s = str_trim(str_of(text_fold_digits(in->arena, in->text)));
    int64_t value;
    if (!clock_parse_rfc3339(s, &value) && !parse_date(in->arena, s, &value))
        return "bad_time";
    *(int64_t *)slot = value;
    return NULL;
}

/* Digits of one side of the point into *value; the places behind `places` round by half away from
 * zero. False when something else stands there. */
static bool add_digits(struct str s, int places, int64_t *value)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if ((int)i < places)
            *value = *value * 10 + (s.p[i] - '0');
        else if ((int)i == places)
            *value += s.p[i] >= '5';
    }
    for (int i = (int)s.n; i < places; i++)
        *value *= 10;
    return true;
}

static bool micro_of_text(struct arena *a, struct str s, int64_t *out)
{
    struct buf b;
    buf_init(&b, a, s.n);
    struct str rest = str_trim(str_of(text_fold_digits(a, s)));
    while (rest.n > 0) { /* the Persian decimal separator */
        size_t n = str_starts(rest, "٫") ? strlen("٫") : 1;
        buf_char(&b, n > 1 ? '.' : rest.p[0]);
        rest.p += n;
        rest.n -= n;
    }
    struct str fraction = str_of(buf_text(&b));
    bool negative = str_starts(fraction, "-");
    if (negative)
        fraction.p++, fraction.n--;
    bool pointed = fraction.n > 0 && memchr(fraction.p, '.', fraction.n);
    struct str whole = str_cut(&fraction, '.');
    int64_t value = 0;
    if (whole.n == 0 || whole.n > DECIMAL_WHOLE_DIGITS || (pointed && fraction.n == 0) ||
        !add_digits(whole, (int)whole.n, &value) || !add_digits(fraction, 6, &value))
        return false;
    *out = negative ? -value : value;
    return true;
}

static const char *parse_decimal6(const struct scalar_input *in, void *slot)
{
    int64_t value;
    if (!micro_of_text(in->arena, in->text, &value))
        return "bad_number";
    if (in->field->min != 0 || in->field->max != 0) {
        const char *fault = int_limits(in->field, value);
        if (fault)
            return fault;
    }
    *(int64_t *)slot = value;
    return NULL;
}

static const struct scalar_type types[] = {
    [F_TEXT] = { "text", SLOT_POINTER, TEXT, 500, parse_text },
    [F_LONGTEXT] = { "text", SLOT_POINTER, TEXT, 20000, parse_longtext },
    [F_SECRET] = { "secret", SLOT_POINTER, TEXT, 4096, parse_secret },
    [F_INT] = { "int", SLOT_INT64, TEXT | INT, 0, parse_int },
    [F_BOOL] = { "bool", SLOT_FLAG, TEXT | BOOL, 0, parse_bool },
    [F_PHONE] = { "mobile", SLOT_POINTER, TEXT, 0, parse_phone },
    [F_TEL] = { "phone", SLOT_POINTER, TEXT, 0, parse_tel },
    [F_EMAIL] = { "email", SLOT_POINTER, TEXT, 254, parse_email },
    [F_CODE] = { "code", SLOT_POINTER, TEXT, 64, parse_code },
    [F_DIGITS] = { "digits", SLOT_POINTER, TEXT, 64, parse_digits },
    [F_SLUG] = { "slug", SLOT_POINTER, TEXT, 200, parse_slug },
    [F_UUID] = { "uuid", SLOT_POINTER, TEXT, 0, parse_uuid },
    [F_ENUM] = { "enum", SLOT_POINTER, TEXT, 0, parse_enum },
    [F_TIME] = { "time", SLOT_INT64, TEXT, 0, parse_time },
    [F_DECIMAL6] = { "decimal", SLOT_INT64, TEXT | INT | DOUBLE, 0, parse_decimal6 },
};

const struct scalar_type *schema_scalar(enum field_type type)
{
    return (size_t)type < sizeof(types) / sizeof(types[0]) ? &types[type] : NULL;
}

enum slot_kind schema_slot(enum field_type type)
{
    const struct scalar_type *scalar = schema_scalar(type);
    return scalar ? scalar->slot : SLOT_POINTER;
}

int64_t schema_max(const struct field *field)
{
    if (field->max != 0 || field->min < 0)
        return field->max;
    const struct scalar_type *type = schema_scalar(field->type);
    return type && type->max != 0 ? type->max : INT64_MAX;
}
