/* Settlements: what a payment gateway says it paid out, beside what the books say it holds. A file is
 * stored as it was read and changes nothing; posting moves what agrees from the gateway's account to the
 * bank's, with its fee, once for each payment and refund however often and by whatever file it is told.
 * Inside a transaction. Order processes. */
#ifndef SHOP_SETTLEMENT_H
#define SHOP_SETTLEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"

struct settlement_in {
    const char *gateway, *file_name;
    struct str data;
};

/* *id: of the settlement; the same file again gives the one that is there. A file that cannot be read is
 * a field error of "/file"; single rows that cannot are kept with their problem. */
enum err settlement_upload(struct op *op, const struct settlement_in *in, int64_t *id) MUST_CHECK;
/* Posts the rows that agree with the books and are not posted; again: what has come to agree meanwhile. */
enum err settlement_post(struct op *op, const char *uuid, int64_t *id) MUST_CHECK;

#endif
