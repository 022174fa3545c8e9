/* The catalogue as everybody sees it: products on sale, their lists with facets, categories. Titles
 * in the work's language, prices in IRT. Reads only; web processes. */
#ifndef SHOP_CATALOG_H
#define SHOP_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct view;

#define CATALOG_PAGE 24 /* items of a page unless asked otherwise */

struct catalog_filter {
    const char *category; /* slug, with what lies below it; NULL: all */
    const char *q;        /* as typed; every word must match; NULL: none */
    int64_t min_price, max_price; /* of the lowest price; INT64_MIN: no bound */
    bool in_stock, on_sale;
    const char *sort;     /* newest | price | -price | bestselling | rating; NULL: newest */
};

/* Patterns for LIKE of the folded words of a search; 0 words: *out is NULL. */
size_t catalog_words(struct op *op, const char *q, const char *const **out);

/* {items, next, facets}. The cursor is bound to the filter: another one, or garbage, is
 * ERR_CURSOR_INVALID. NULL: from the start. */
enum err catalog_list(struct op *op, const struct catalog_filter *filter, int64_t limit,
                      const char *cursor, struct view *into) MUST_CHECK;
/* The product's page; *moved is its present slug when `slug` is one it had before. ERR_NOT_FOUND for
 * what is not on sale. */
enum err catalog_product(struct op *op, const char *slug, struct view **out,
                         const char **moved) MUST_CHECK;
enum err catalog_categories(struct op *op, struct view *into) MUST_CHECK; /* {items: tree} */
/* {slug, title, path, children} */
/* *moved: the address it has now when `slug` is an earlier one; NULL otherwise. */
enum err catalog_category(struct op *op, const char *slug, struct view **out, const char **moved) MUST_CHECK;
/* {categories, newest, bestselling, on_sale} */
enum err catalog_home(struct op *op, struct view *into) MUST_CHECK;

#endif
