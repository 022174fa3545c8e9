/* Reading a gateway's settlement file (settlement.def): CSV in UTF-8, with a heading. Rows that cannot
 * be read are kept with what is wrong with them. Private to the settlements. */
#ifndef SHOP_SETTLEMENT_READ_H
#define SHOP_SETTLEMENT_READ_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"

#define SETTLEMENT_ROWS_MAX 5000

struct settlement_row {
    int64_t line;
    const char *kind, *track, *reference; /* "": not told */
    int64_t amount, fee;                  /* Rial */
    const char *problem;                  /* "": none; a code of field_errors.def */
    const char *raw;                      /* as it stands in the file */
};

struct settlement_file {
    struct settlement_row *rows;
    size_t n;
};

/* What makes the whole file useless is an error of the field "/file". */
enum err settlement_read(struct op *op, struct str data, struct settlement_file *out) MUST_CHECK;

#endif
