/* Inbox of text messages and mails. */
#include "sandbox/inbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sandbox/field.h"
#include "sandbox/strbuf.h"
#include "sandbox/when.h"

#define KEPT_MESSAGES 20000

static json_object **messages;
static size_t count, capacity;
static int64_t last_id;

/* One digit in ASCII, Persian (U+06F0) or Arabic (U+0660) writing; -1 for anything else. */
static int digit_at(const unsigned char *s, size_t *length)
{
    *length = 1;
    if (s[0] >= '0' && s[0] <= '9')
        return s[0] - '0';
    if ((s[0] == 0xDB && s[1] >= 0xB0 && s[1] <= 0xB9) ||
        (s[0] == 0xD9 && s[1] >= 0xA0 && s[1] <= 0xA9)) {
        *length = 2;
        return (s[1] & 0x0F) % 10;
    }
    return -1;
}

bool inbox_phone(const char *spelling, char out[PHONE_TEXT])
{
    static const char *const prefixes[] = { "0098", "98", "0" };
    char digits[PHONE_TEXT];
    size_t n = 0, step = 1;
    const unsigned char *s = (const unsigned char *)(spelling ? spelling : "");
    for (; *s && n + 1 < sizeof digits; s += step) {
        int digit = digit_at(s, &step);
        if (digit >= 0)
            digits[n++] = (char)('0' + digit);
    }
    digits[n] = '\0';
    const char *core = digits;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t length = strlen(prefixes[i]);
        if (n == length + 10 && strncmp(digits, prefixes[i], length) == 0)
            core = digits + length;
    }
    if (strlen(core) == 10 && core[0] == '9')
        snprintf(out, PHONE_TEXT, "+98%.10s", core);
    else
        snprintf(out, PHONE_TEXT, "%s", digits);
    return n > 0;
}

bool inbox_phone_is_mobile(const char *phone)
{
    return strlen(phone) == 13 && strncmp(phone, "+989", 4) == 0;
}

static bool copy_code(const char *s, size_t n, char out[16])
{
    if (n == 0 || n > 15)
        return false;
    memcpy(out, s, n);
    out[n] = '\0';
    return true;
}

bool inbox_code(const char *text, char out[16])
{
    const char *line = text;
    while (line) {
        const char *mark = *line == '@' ? strstr(line, " #") : NULL;
        const char *end = strchr(line, '\n');
        if (mark && (!end || mark < end))
            return copy_code(mark + 2, strcspn(mark + 2, " #\r\n"), out);
        line = end ? end + 1 : NULL;
    }
    for (const char *s = text; *s;) {
        size_t n = strspn(s, "0123456789");
        if (n >= 4 && n <= 8)
            return copy_code(s, n, out);
        s += n ? n : 1;
    }
    return false;
}

static void append(json_object *message)
{
    if (count == KEPT_MESSAGES) {
        json_object_put(messages[0]);
        memmove(messages, messages + 1, (count - 1) * sizeof *messages);
        count--;
    }
    if (count == capacity) {
        capacity = capacity ? capacity * 2 : 64;
        messages = heap_grow(messages, capacity * sizeof *messages);
    }
    messages[count++] = message;
}

void inbox_put(const char *kind, json_object *message, json_object **list)
{
    char at[WHEN_TEXT], code[16];
    json_object *copy = NULL;
    field_put_str(message, "kind", kind);
    field_put_int(message, "id", ++last_id);
    field_put_str(message, "at", when_rfc3339(when_now(), at));
    const char *text = field_str(message, "text");
    if (text && inbox_code(text, code))
        field_put_str(message, "code", code);
    if (json_object_deep_copy(message, &copy, NULL) == 0)
        append(copy);
    copy = NULL;
    if (!*list)
        *list = json_object_new_array();
    if (json_object_deep_copy(message, &copy, NULL) == 0)
        json_object_array_add(*list, copy);
}

void inbox_restore(json_object *messages_read)
{
    for (size_t i = 0; i < json_object_array_length(messages_read); i++) {
        json_object *copy = NULL, *message = json_object_array_get_idx(messages_read, i);
        int64_t id = field_int_or(message, "id", 0);
        last_id = id > last_id ? id : last_id;
        if (json_object_deep_copy(message, &copy, NULL) == 0)
            append(copy);
    }
}

static bool matches(json_object *m, const char *kind, const char *to)
{
    const char *its_kind = field_str(m, "kind");
    const char *its_to = field_str(m, "to");
    if (!its_kind || strcmp(its_kind, kind) != 0)
        return false;
    return !to || (its_to && strcasecmp(its_to, to) == 0);
}

json_object *inbox_list(const char *kind, const char *to, size_t limit, bool with_raw)
{
    json_object *list = json_object_new_array();
    for (size_t i = count; i-- > 0 && json_object_array_length(list) < limit;) {
        json_object *copy = NULL;
        if (!matches(messages[i], kind, to) || json_object_deep_copy(messages[i], &copy, NULL) != 0)
            continue;
        if (!with_raw)
            json_object_object_del(copy, "raw");
        json_object_array_add(list, copy);
    }
    return list;
}

size_t inbox_count(const char *kind)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += matches(messages[i], kind, NULL);
    return n;
}

int64_t inbox_last_id(void)
{
    return last_id;
}

json_object *inbox_by_id(int64_t id)
{
    size_t low = 0, high = count; /* ids rise */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (field_int_or(messages[middle], "id", 0) < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && field_int_or(messages[low], "id", 0) == id ? messages[low] : NULL;
}

json_object *inbox_by_local_id(const char *local_id, const char *to)
{
    for (size_t i = local_id ? count : 0; i-- > 0;) {
        const char *known = field_str(messages[i], "localid");
        if (known && strcmp(known, local_id) == 0 && strcmp(field_str(messages[i], "to"), to) == 0)
            return messages[i];
    }
    return NULL;
}
