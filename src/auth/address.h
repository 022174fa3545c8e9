/* A customer's addresses. They are archived, never deleted; orders keep their own snapshot. Every
 * statement names the customer, so that an address of somebody else does not exist. */
#ifndef AUTH_ADDRESS_H
#define AUTH_ADDRESS_H

#include <stdint.h>

#include "core/err.h"

struct view;

#define ADDRESS_MAX 50 /* of one customer */
#define ADDRESS_PROVINCES                                                                          \
    " IR-00 IR-01 IR-02 IR-03 IR-04 IR-05 IR-06 IR-07 IR-08 IR-09 IR-10 IR-11 IR-12 IR-13 IR-14 " \
    "IR-15 IR-16 IR-17 IR-18 IR-19 IR-20 IR-21 IR-22 IR-23 IR-24 IR-25 IR-26 IR-27 IR-28 IR-29 "  \
    "IR-30 " /* ISO 3166-2 */

struct address {
    const char *recipient;
    const char *phone; /* mobile or landline, E.164 */
    const char *province, *city, *line;
    const char *plaque, *unit, *postal_code, *note; /* NULL: none */
    int64_t lat, lng; /* millionths of a degree; INT64_MIN: none */
};

/* What a schema cannot say: ten digits of postal code, both or neither of lat and lng, a place on
 * earth. Folds the postal code in place. `prefix` of the JSON Pointers: "" or "/address". */
enum err address_check(struct op *op, struct address *address, const char *prefix) MUST_CHECK;
void address_view(const struct address *address, struct view *out); /* also of an order's snapshot */

/* A live address of the customer; ERR_NOT_FOUND. */
enum err address_get(struct op *op, int64_t customer, int64_t id, struct address *out) MUST_CHECK;
/* {items: [{id, …, province_title}], next: null}, newest first; titles in the work's language. */
enum err address_list(struct op *op, int64_t customer, struct view *out) MUST_CHECK;
/* ERR_CONFLICT when there are ADDRESS_MAX already. */
enum err address_add(struct op *op, int64_t customer, const struct address *address, int64_t *id) MUST_CHECK;
/* Queued: kept for the next time unless the customer has the same one, or ADDRESS_MAX. */
void address_remember(struct op *op, int64_t customer, const struct address *address);
enum err address_change(struct op *op, int64_t customer, int64_t id, const struct address *address) MUST_CHECK;
enum err address_archive(struct op *op, int64_t customer, int64_t id) MUST_CHECK;

#endif
