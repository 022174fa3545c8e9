/* What sending a parcel costs: zone of the province, weight steps, extra kilos, free over a sum. The
 * tables are the owner's; the arithmetic is pure. Any process. */
#ifndef SHOP_SHIPPING_H
#define SHOP_SHIPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct queued;
struct view;

#define SHIPPING_STEPS_MAX 40

struct shipping_method {
    const char *id, *title_fa, *title_en, *charged; /* "checkout" | "on_delivery" */
    int64_t eta_days, free_over, extra_kg;          /* free_over INT64_MIN: never free */
    bool needs_address, needs_postal_code;
    const char *steps;                              /* JSON [[up_to_g, price], …] by weight */
    int64_t price;                                  /* charged at checkout, or told, by `charged` */
};

/* Queues the methods that serve the province (NULL: not known yet). */
struct queued *shipping_queue(struct op *op, const char *province);
/* Reads and prices them for a parcel of `weight_g` and goods worth `goods` after discounts. */
struct shipping_method *shipping_read(struct op *op, const struct queued *q, int64_t weight_g,
                                      int64_t goods, size_t *n);
const struct shipping_method *shipping_find(const struct shipping_method *list, size_t n, const char *id);
/* What the order pays at checkout: 0 when charged on delivery. */
int64_t shipping_due(const struct shipping_method *m);
void shipping_view(struct op *op, const struct shipping_method *m, struct view *into);
/* Pure: price of a weight. Above the last step each further kilo begun costs extra_kg. */
int64_t shipping_price(const int64_t (*steps)[2], size_t n, int64_t extra_kg, int64_t weight_g);

#endif
