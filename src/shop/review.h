/* What customers say of products, read by staff before everybody sees it, and their requests to be told
 * when something can be bought again. One review a customer and product; the database keeps the
 * product's rating. Web processes; changes inside a transaction. */
#ifndef SHOP_REVIEW_H
#define SHOP_REVIEW_H

#include <stdint.h>

#include "core/err.h"

struct view;

struct review_in {
    int64_t rating; /* 1 to 5 */
    const char *title, *body; /* NULL: none */
};

/* {slug, rating, review_count, items} of the approved ones, newest first, below the id `before`
 * (INT64_MIN: from the newest). *next: the id to go on below; INT64_MIN: that was all. ERR_NOT_FOUND
 * for a product that is not on sale. */
enum err review_list(struct op *op, const char *product, int64_t limit, int64_t before, struct view *into,
                     int64_t *next) MUST_CHECK;
/* Adds "own_review" (null: none yet) and "sold_out": [{id, options, waiting}]. */
enum err review_own(struct op *op, const char *product, int64_t customer, struct view *into) MUST_CHECK;
/* Writes or rewrites the customer's review; *slug is the product's present one. */
enum err review_save(struct op *op, const char *product, int64_t customer, const struct review_in *in,
                     struct view **out, const char **slug) MUST_CHECK;

enum err review_admin_list(struct op *op, const char *status, int64_t limit, int64_t before, struct view *into,
                           int64_t *next) MUST_CHECK;
/* `status` "approved" or "refused". `version` (INT64_MIN: whichever) is the one that was read: another is
 * ERR_CONFLICT. *before is NULL when nothing changed. */
enum err review_decide(struct op *op, int64_t id, const char *status, int64_t version, struct view **before,
                       struct view **after) MUST_CHECK;

/* An SMS follows when the variant can be bought again, once. ERR_INVALID_FIELD for a variant that can be
 * bought now or is not the product's. */
enum err stock_request_add(struct op *op, const char *product, int64_t variant, int64_t customer,
                           const char **slug) MUST_CHECK;

#endif
