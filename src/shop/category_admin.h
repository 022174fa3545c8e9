/* What staff do to categories: a tree, at most CATEGORY_DEPTH deep. The old address of one
 * that is renamed leads to it. One that holds nothing can be put away. Inside a transaction; worker processes. */
#ifndef SHOP_CATEGORY_ADMIN_H
#define SHOP_CATEGORY_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "shop/product_admin.h"

struct view;

#define CATEGORY_DEPTH 15

struct category_in {
    const struct words *title;
    const char *title_en;       /* the other way to give it */
    const char *slug;           /* NULL: made from the title */
    const char *parent;         /* slug; NULL: stands at the top */
    bool parent_given;
    int64_t position;           /* INT64_MIN: behind the others */
    int archived;               /* 1: put away, 0: taken out again, -1: as it is */
};

/* *slug: the one it got. A taken slug is ERR_SLUG_TAKEN by the database's constraint. */
enum err category_create(struct op *op, const struct category_in *in, const char **slug) MUST_CHECK;
/* `slug` gets the new one. ERR_CATEGORY_IN_USE: it holds products or categories and cannot be put away. */
enum err category_change(struct op *op, const char **slug, const struct category_in *in) MUST_CHECK;
/* {slug, title, titles, parent, position, archived, old_slugs}, also by an old slug; ERR_NOT_FOUND. */
enum err category_admin_view(struct op *op, const char *slug, struct view **out) MUST_CHECK;
/* {items: [… with depth and product_count], archived, next: null}, children behind their parents. */
enum err category_admin_list(struct op *op, struct view *into) MUST_CHECK;

#endif
