/* What the owner does to ways of sending: methods, their zones and prices. A method is switched off,
 * never removed; orders keep what they were sent by. Inside a transaction; web processes. */
#ifndef SHOP_SHIPPING_ADMIN_H
#define SHOP_SHIPPING_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "shop/product_admin.h"

struct view;

struct shipping_step_in {
    int64_t up_to_g, price; /* both absent: an empty row of a form */
};

struct province_in {
    const char *code;
};

/* Numbers: INT64_MIN absent. Flags: -1 absent. */
struct shipping_zone_in {
    const char *kind; /* "listed", "same", "beside", "other"; NULL: as it is, or listed */
    const struct province_in *provinces; /* of a listed one; none: everywhere */
    size_t province_count;
    bool provinces_given;
    const struct words *title;
    int64_t extra_kg, position;
    const struct shipping_step_in *steps;
    size_t step_count;
};

struct shipping_method_in {
    const char *id;
    const struct words *title;
    const char *charged;
    int64_t eta_days, position, free_over, min_weight_g, max_weight_g;
    bool free_over_given, min_given, max_given; /* with an absent number: none any more */
    int needs_address, needs_postal_code, active;
    const struct shipping_zone_in *zones; /* given: they replace what there is */
    size_t zone_count;
    bool zones_given;
};

enum err shipping_method_create(struct op *op, const struct shipping_method_in *in) MUST_CHECK;
enum err shipping_method_change(struct op *op, const char *id, const struct shipping_method_in *in) MUST_CHECK;
/* `zone` INT64_MIN: a new one. ERR_NOT_FOUND when the method has no such zone. */
enum err shipping_zone_save(struct op *op, const char *method, int64_t zone, const struct shipping_zone_in *in) MUST_CHECK;
enum err shipping_zone_drop(struct op *op, const char *method, int64_t zone) MUST_CHECK;

/* {items, origin_province, currency, next} */
enum err shipping_admin_list(struct op *op, struct view *into) MUST_CHECK;
enum err shipping_admin_view(struct op *op, const char *id, struct view **out) MUST_CHECK;

#endif
