/* Limits the owner may change while the shop runs. */
#include "auth/limits.h"

#include <stddef.h>
#include <string.h>

#include "db/db.h"

static const struct {
    const char *key;
    size_t offset;
    int64_t least, most, dflt;
} rows_of[] = {
#define LIMIT(member, least, most, dflt, doc) \
    { #member, offsetof(struct limits, member), least, most, dflt },
#include "auth/limits.def"
#undef LIMIT
};
#define LIMITS (sizeof(rows_of) / sizeof(rows_of[0]))

static void put(struct limits *out, size_t i, int64_t value)
{
    memcpy((char *)out + rows_of[i].offset, &value, sizeof(value));
}

void limits_default(struct limits *out)
{
    for (size_t i = 0; i < LIMITS; i++)
        put(out, i, rows_of[i].dflt);
}

enum err limits_load(struct op *op, struct limits *out)
{
    const char *keys[LIMITS];
    for (size_t i = 0; i < LIMITS; i++)
        keys[i] = rows_of[i].key;
    limits_default(out);
    struct rows found;
    TRY(db_query(op, &found, Q_LIMITS, P_TEXTS(keys, LIMITS)));
    for (int row = 0; row < found.count; row++) {
        const char *key = row_text(&found, row, "key");
        int64_t value = row_int(&found, row, "value");
        for (size_t i = 0; i < LIMITS; i++) {
            if (strcmp(rows_of[i].key, key) == 0 && value >= rows_of[i].least && value <= rows_of[i].most)
                put(out, i, value);
        }
    }
    return ERR_OK;
}
