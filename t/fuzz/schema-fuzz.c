/* JSON bodies through schemas with every type of field: what is decoded keeps the schema's bounds. */
#include "http/schema.h"

#include "core/view.h"
#include "fuzz.h"
#include "routes/address_input.h"

struct line_in {
    int64_t variant_id, quantity;
};
static const struct field line_fields[] = {
    FIELD(F_INT, line_in, variant_id, .min = 1, .max = INT64_MAX, .flags = F_REQUIRED),
    FIELD(F_INT, line_in, quantity, .min = 1, .max = 100, .flags = F_REQUIRED),
};
static const struct schema line_schema = SCHEMA(line_in, line_fields);

struct all_in {
    const char *text, *longtext, *secret, *phone, *tel, *email, *code, *digits, *slug, *uuid, *choice;
    int64_t integer, at, degrees;
    int flag;
    struct address *address;
    struct line_in *lines;
    size_t line_count;
};
static const struct field all_fields[] = {
    FIELD(F_TEXT, all_in, text, .max = 20),
    FIELD(F_LONGTEXT, all_in, longtext, .max = 100),
    FIELD(F_SECRET, all_in, secret, .max = 50),
    FIELD(F_PHONE, all_in, phone, .max = 30),
    FIELD(F_TEL, all_in, tel, .max = 30),
    FIELD(F_EMAIL, all_in, email, .max = 100),
    FIELD(F_CODE, all_in, code, .max = 20),
    FIELD(F_DIGITS, all_in, digits, .min = 6, .max = 6),
    FIELD(F_SLUG, all_in, slug, .max = 40),
    FIELD(F_UUID, all_in, uuid, .max = 36),
    FIELD(F_ENUM, all_in, choice, .choices = " a b c "),
    FIELD(F_INT, all_in, integer, .min = -5, .max = 5),
    FIELD(F_TIME, all_in, at, .max = INT64_MAX),
    FIELD(F_DECIMAL6, all_in, degrees, .min = -180000000, .max = 180000000),
    FIELD(F_BOOL, all_in, flag, .max = 1),
    FIELD(F_OBJECT, all_in, address, .sub = &address_schema),
    FIELD(F_ARRAY, all_in, lines, .sub = &line_schema, .min = 1, .max = 10, .count_offset = offsetof(struct all_in, line_count)),
};
static const struct schema all_schema = SCHEMA(all_in, all_fields);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f;
    const char *error = NULL;
    void *out = NULL;
    fuzz_begin(&f, data, size);
    struct view *tree = view_parse(f.op.arena, f.bytes, 16, &error);
    if (view_kind(tree) == VIEW_OBJECT && schema_decode(&f.op, &all_schema, tree, NULL, 0, &out) == ERR_OK) {
        const struct all_in *in = out;
        MUST(in->integer == INT_ABSENT || (in->integer >= -5 && in->integer <= 5));
        MUST(!in->digits || strlen(in->digits) == 6);
        MUST(!in->choice || strlen(in->choice) == 1);
        MUST(in->flag == 0 || in->flag == 1 || in->flag == BOOL_ABSENT);
        MUST(in->line_count <= 10);
        for (size_t i = 0; i < in->line_count; i++)
            MUST(in->lines[i].quantity >= 1 && in->lines[i].quantity <= 100);
        MUST(!in->address || (in->address->recipient && in->address->city));
    }
    return fuzz_end(&f);
}
