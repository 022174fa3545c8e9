/* `tarazu import FILE.json`: categories, products with pictures, coupons, shipping methods and
 * settings from one file, in one transaction. What is there already (by slug, SKU, code or id) is
 * updated, so the same file can be imported again; stock is counted for new variants alone. The
 * format is that of sql/demo/catalog.json; pictures are named relative to the file. A command of its
 * own process, in the role of the web processes. */
#ifndef SHOP_IMPORT_H
#define SHOP_IMPORT_H

struct op;

/* argv[1] is the file. 0: done, and what was done is on standard output; 1: nothing was changed, and
 * what is wrong with the pictures, or else with the first faulty item, is on standard error, each
 * fault with the JSON Pointer of its place; 2: wrong arguments. */
int import_main(struct op *op, int argc, char **argv);

#endif
