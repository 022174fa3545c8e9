/* The parts of an import file: what stands in it of one kind, read and stored. Private to the import. */
#ifndef SHOP_IMPORT_PARTS_H
#define SHOP_IMPORT_PARTS_H

#include "core/str.h"
#include "shop/import_read.h"

#define IMPORT_MONEY_MAX INT64_C(1000000000000) /* IRT */
#define IMPORT_COUNT_MAX INT64_C(1000000000)

struct arena;

struct import {
    struct place root;
    const char *folder;               /* of the file, for pictures */
    struct import_picture **pictures; /* of each product */
    struct import_done {
        int categories, products, new_products, variants, pictures, coupons, methods, settings;
    } done;
};

/* A whole file; false when it cannot be read or has more than so many bytes. */
bool import_file(struct arena *a, const char *path, size_t most, struct str *out);
/* Decodes and keeps every product's pictures: slow, and so before the transaction. */
enum err import_pictures(struct import *in) MUST_CHECK;

/* Inside the transaction: one item each; `i` is its place in the list. Noted faults are an error. */
enum err import_category(struct import *in, const struct place *p, size_t i) MUST_CHECK;
enum err import_product(struct import *in, const struct place *p, size_t i) MUST_CHECK;
enum err import_coupon(struct import *in, const struct place *p, size_t i) MUST_CHECK;
enum err import_method(struct import *in, const struct place *p, size_t i) MUST_CHECK;
enum err import_settings(struct import *in) MUST_CHECK;

#endif
