/* Advisory locks: the queue in front of rows, across replicas. Transaction-scoped, 64-bit keys (8
 * bits of key space, 56 bits of id), sorted and de-duplicated by the final key, all in one statement
 * that is sent before the reads that rely on it. The order of the spaces is the order of locking:
 * owner, order, coupon, variants. Any process but the master. */
#ifndef DB_LOCK_H
#define DB_LOCK_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum lock_space {
    LOCK_CUSTOMER = 1, /* customers.id */
    LOCK_CART = 2,     /* carts.id of a guest */
    LOCK_ORDER = 3,    /* orders.id */
    LOCK_COUPON = 4,   /* coupons.id, or coupon_codes.id of the same sequence */
    LOCK_VARIANT = 5,  /* variants.id */
    LOCK_NAMED = 6,    /* hash of a name: migrations, seals, imports */
};

#define LOCKS_MAX 1024 /* of one set */

struct lock_set {
    int64_t keys[LOCKS_MAX];
    size_t n;
};

void lock_add(struct lock_set *set, enum lock_space space, int64_t id);
void lock_add_named(struct lock_set *set, const char *name);
/* Queues the one statement that takes them all. */
void lock_queue(struct op *op, struct lock_set *set);

#endif
