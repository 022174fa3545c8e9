/* What the owner does to taxes: classes of goods and, for each class, everywhere or in one province,
 * rates that count from a day on. Orders keep the rate they were placed with. A rate that has begun is
 * never changed or removed: a new one takes over from now or from a day to come. Inside a
 * transaction; web processes. */
#ifndef SHOP_TAX_ADMIN_H
#define SHOP_TAX_ADMIN_H

#include <stdint.h>

#include "core/err.h"
#include "shop/product_admin.h"

struct view;

struct tax_class_in {
    const char *id;
    const struct words *title;
};

struct tax_rate_in {
    const char *tax_class, *province;  /* province NULL: everywhere */
    int64_t rate_bp;
    int64_t valid_from, valid_until;   /* Unix seconds; INT64_MIN: from now, until another comes */
};

struct tax_rate_change_in {
    int64_t rate_bp;     /* of a rate to come; INT64_MIN: as it is */
    int64_t valid_until; /* the end of a rate; INT64_MIN: as it is */
};

enum err tax_class_create(struct op *op, const struct tax_class_in *in) MUST_CHECK;
enum err tax_class_change(struct op *op, const char *id, const struct words *title) MUST_CHECK;
/* ERR_VAT_NOT_REGISTERED for a rate above 0 while the shop is not registered; ERR_TAX_RATE_OVERLAPS
 * by the database's constraint. */
enum err tax_rate_create(struct op *op, const struct tax_rate_in *in, int64_t *id) MUST_CHECK;
enum err tax_rate_change(struct op *op, int64_t id, const struct tax_rate_change_in *in) MUST_CHECK;
/* Of a rate to come: the one before it goes on. ERR_TAX_RATE_IN_FORCE otherwise. */
enum err tax_rate_drop(struct op *op, int64_t id) MUST_CHECK;

/* {vat_registered, prices_include_tax, classes: [{id, title, titles, product_count}], items: rates} */
enum err tax_admin_view(struct op *op, struct view *into) MUST_CHECK;
enum err tax_rate_view(struct op *op, int64_t id, struct view **out) MUST_CHECK;

#endif
