/* What staff do to products: make, change, rename, put away. Inside a transaction of a web process
 * (and of `tarazu import` for the search key). Changes of one product stand in line for its row;
 * stock comes as counts (shop/stock.h). */
#ifndef SHOP_PRODUCT_ADMIN_H
#define SHOP_PRODUCT_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct view;

/* A text in both languages; NULL: not given. */
struct words {
    const char *fa, *en;
};

/* An option of a variant ("size: large") or an attribute of a product. */
struct option_in {
    const struct words *name, *value;
};

struct variant_in {
    int64_t id; /* INT64_MIN: the product's own with this SKU, else a new one */
    const char *sku;
    const struct option_in *options;
    size_t option_count;
    bool options_given;
    int64_t price, compare_at_price, weight_g, on_hand; /* INT64_MIN: absent */
    int64_t length_cm, width_cm, height_cm;             /* of the packed unit */
    bool length_given, width_given, height_given;       /* with all three absent there are none any more */
    bool compare_given; /* with an absent price: there is none any more */
    const char *goods_id; /* thirteen digits for the tax authority */
    bool goods_id_given;  /* with an absent id: there is none any more */
    int archived;       /* -1: absent */
};

struct product_in {
    const struct words *title, *description;
    const char *title_en, *description_en; /* the other way to give them */
    const char *slug, *category, *tax_class;
    int returnable, active, archived; /* -1: absent */
    const struct option_in *attributes;
    size_t attribute_count;
    bool attributes_given;
    const struct variant_in *variants;
    size_t variant_count;
};

enum err product_create(struct op *op, const struct product_in *in, int64_t *id) MUST_CHECK;
/* ERR_NOT_FOUND for an unknown slug. The old slug of a renamed product leads to it from then on. */
enum err product_change(struct op *op, const char *slug, const struct product_in *in) MUST_CHECK;
/* The picture (shop/media.h) becomes the product's last one, once. */
enum err product_add_image(struct op *op, int64_t id, const char *file, int width, int height) MUST_CHECK;
/* The picture is the product's no more; ERR_NOT_FOUND when it was not. */
enum err product_drop_image(struct op *op, const char *slug, int64_t image) MUST_CHECK;
/* To a place among the product's pictures, from 0; beyond the last is the last. */
enum err product_move_image(struct op *op, const char *slug, int64_t image, int64_t position) MUST_CHECK;
/* Makes the words again by which the product is found; after any change of them. */
enum err product_refresh_search(struct op *op, int64_t id, int64_t *variants) MUST_CHECK;

/* As staff see it. *id may be NULL. */
enum err product_admin_view(struct op *op, const char *slug, int64_t *id, struct view **out) MUST_CHECK;
enum err product_admin_view_id(struct op *op, int64_t id, struct view **out) MUST_CHECK;
/* {items}; all products, newest first, below the id `before` (INT64_MIN: from the newest). *next: the
 * id to go on below; INT64_MIN: that was all. */
enum err product_admin_list(struct op *op, const char *q, int64_t limit, int64_t before, struct view *into,
                            int64_t *next) MUST_CHECK;
/* Adds "categories": [{slug, title, depth}] for a form. */
enum err product_admin_categories(struct op *op, struct view *into) MUST_CHECK;

#endif
