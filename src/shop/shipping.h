/* What sending a parcel costs and when it arrives: zone of the province, weight steps, extra kilos,
 * free over a sum, days of sending. The tables are the owner's; the arithmetic is pure. Any process. */
#ifndef SHOP_SHIPPING_H
#define SHOP_SHIPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "shop/dispatch.h"

struct queued;
struct settings;
struct view;

#define SHIPPING_STEPS_MAX 40

/* What is sent: the sums of the lines. */
struct parcel {
    int64_t weight_g, volume_cm3;
    int64_t goods;   /* IRT after discounts: sending may be free above a sum */
    int64_t divisor; /* cm³ that count as a kilogram; 0: volume does not count */
};

/* How a price came about. */
struct shipping_price {
    int64_t billed_g;              /* the larger of real and volumetric weight */
    bool by_volume;
    int64_t step_g, step_price;    /* the step it falls into, or the last one; step_g 0: there are none */
    int64_t extra_kg, extra_price; /* kilos begun above the last step, and what they cost together */
    bool free_over;                /* the goods are worth enough */
    int64_t price;
};

struct shipping_method {
    const char *id, *title_fa, *title_en, *charged; /* "checkout" | "on_delivery" */
    int64_t eta_days, free_over, extra_kg;          /* free_over INT64_MIN: never free */
    int64_t min_weight_g, max_weight_g;             /* of the billed weight; INT64_MIN: none */
    bool needs_address, needs_postal_code;
    const char *zone_kind, *zone_fa, *zone_en;      /* the zone; its titles may be NULL */
    const char *steps;                              /* JSON [[up_to_g, price], …] by weight */
    int64_t now;                                    /* Unix seconds, by the database */
    const char *holidays;                           /* JSON: days from 1970-01-01 */
    struct shipping_price how;
    int64_t price;                                  /* charged at checkout, or told, by `charged` */
    struct dispatch_promise promise;
    bool fits;                                      /* the parcel's weight is within the limits */
};

/* Queues the methods that serve the province (NULL: not known yet). */
struct queued *shipping_queue(struct op *op, const char *province);
/* Reads and prices them. Those that the parcel does not fit come last, behind *n, to be named. */
struct shipping_method *shipping_read(struct op *op, const struct queued *q, const struct parcel *parcel,
                                      const struct settings *s, size_t *n, size_t *unfit);
const struct shipping_method *shipping_find(const struct shipping_method *list, size_t n, const char *id);
/* What the order pays at checkout: 0 when charged on delivery. */
int64_t shipping_due(const struct shipping_method *m);
void shipping_view(struct op *op, const struct shipping_method *m, struct view *into);
/* Pure: the weight that counts, and the price of it. Above the last step each further kilo begun
 * costs `extra_kg`. */
struct shipping_price shipping_price(const struct parcel *p, const int64_t (*steps)[2], size_t n, int64_t extra_kg,
                                     int64_t free_over);

#endif
