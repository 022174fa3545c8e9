/* The schema decoder, with a field of every type. */
#include "fuzz.h"
#include "http/json_body.h"
#include "http/schema.h"

struct inner {
    int64_t quantity;
    const char *reason;
};
static const struct field inner_fields[] = {
    FIELD(F_INT, inner, quantity, .min = 1, .max = 1000, .flags = F_REQUIRED),
    FIELD(F_LONGTEXT, inner, reason, .max = 50),
};
static const struct schema inner_schema = SCHEMA(inner, inner_fields);

struct outer {
    const char *text, *secret, *phone, *tel, *email, *code, *digits, *slug, *uuid, *kind;
    int64_t number, time, lat;
    int flag;
    const struct inner *one, *many;
    size_t many_count;
    bool number_given;
};
static const struct field outer_fields[] = {
    FIELD(F_TEXT, outer, text, .min = 1, .max = 20), FIELD(F_SECRET, outer, secret, .max = 30),
    FIELD(F_PHONE, outer, phone), FIELD(F_TEL, outer, tel), FIELD(F_EMAIL, outer, email),
    FIELD(F_CODE, outer, code, .max = 20), FIELD(F_DIGITS, outer, digits, .min = 1, .max = 10),
    FIELD(F_SLUG, outer, slug, .max = 30), FIELD(F_UUID, outer, uuid), FIELD(F_ENUM, outer, kind, .choices = " a b "),
    FIELD(F_INT, outer, number, .min = -5, .max = 1000000, .flags = F_NULLABLE, .present_offset = offsetof(struct outer, number_given)),
    FIELD(F_TIME, outer, time), FIELD(F_DECIMAL6, outer, lat, .min = -90000000, .max = 90000000),
    FIELD(F_BOOL, outer, flag), FIELD(F_OBJECT, outer, one, .sub = &inner_schema),
    FIELD(F_ARRAY, outer, many, .max = 5, .sub = &inner_schema, .count_offset = offsetof(struct outer, many_count)),
};
static const struct schema outer_schema = SCHEMA(outer, outer_fields);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *error = NULL;
    void *decoded = NULL;
    fresh();
    struct str body = { (const char *)data + (size > 0), size > 0 ? size - 1 : 0 };
    bool form = size > 0 && data[0] & 1;
    struct view *tree = form ? form_tree(&op, body, &error) : json_body_parse(arena, body, &error);
    if (!tree || view_kind(tree) != VIEW_OBJECT)
        return 0;
    if (schema_decode(&op, &outer_schema, tree, NULL, 0, &decoded) != ERR_OK) {
        MUST(errinfo.fields || errinfo.code);
        return 0;
    }
    const struct outer *o = decoded;
    MUST(o->number == INT_ABSENT || (o->number >= -5 && o->number <= 1000000));
    MUST(o->many_count <= 5);
    for (size_t i = 0; i < o->many_count; i++)
        MUST(o->many[i].quantity >= 1 && o->many[i].quantity <= 1000);
    MUST(!o->phone || (strncmp(o->phone, "+989", 4) == 0 && strlen(o->phone) == 13));
    return 0;
}
