/* Advisory locks: collected, sorted and de-duplicated by the final key, taken by one statement. */
#include "db/lock.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/crypto.h"
#include "core/test_hooks.h"
#include "db/db.h"

static void add_key(struct lock_set *set, int64_t key)
{
    if (set->n == sizeof(set->keys) / sizeof(set->keys[0]))
        assertion_failed(__FILE__, __LINE__, "more locks than a transaction may take");
    set->keys[set->n++] = key;
}

void lock_add(struct lock_set *set, enum lock_space space, int64_t id)
{
    add_key(set, (int64_t)space << 56 | (id & ((INT64_C(1) << 56) - 1)));
}

void lock_add_named(struct lock_set *set, const char *name)
{
    uint8_t digest[SHA256_BYTES];
    int64_t id;
    crypto_sha256(str_of(name), digest);
    memcpy(&id, digest, sizeof(id));
    lock_add(set, LOCK_NAMED, id);
}

static int by_key(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void lock_queue(struct op *op, struct lock_set *set)
{
    size_t n = 0;
    qsort(set->keys, set->n, sizeof(set->keys[0]), by_key);
    for (size_t i = 0; i < set->n; i++)
        if (i == 0 || set->keys[i] != set->keys[i - 1])
            set->keys[n++] = set->keys[i];
    set->n = n;
    test_point("before_locks");
    if (!test_omits("advisory"))
        db_queue(op, Q_LOCK_KEYS, P_INTS(set->keys, n));
}
