/* In whose name the official invoice of an order is made out: a person with a national code or a company with
 * its legal id. Asked for by the buyer, frozen into the order, offered again at the next checkout. Its address is
 * the one the tax authority knows, not where the goods go. Order and web processes. */
#ifndef SHOP_INVOICE_TO_H
#define SHOP_INVOICE_TO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct view;

struct invoice_to { /* digits are folded; NULL: not given */
    const char *name;
    const char *national_id; /* a person's ten digits, a company's eleven */
    const char *economic_code, *registration;
    const char *province, *city, *address, *postal_code;
    const char *phone; /* E.164 */
};

/* Whether anything is given at all; a form sends its empty fields too. `to` may be NULL. */
bool invoice_to_asked(const struct invoice_to *to);
/* Name and id are there, the id's and the code's digits are right; folds the postal code in place. Notes every
 * fault under `prefix` ("/invoice_to"): ERR_INVALID_FIELD. */
enum err invoice_to_check(struct op *op, struct invoice_to *to, const char *prefix) MUST_CHECK;
/* The snapshot: every member, null where there is none, and `kind`: "person" or "company". */
void invoice_to_view(const struct invoice_to *to, struct view *out);
/* The snapshot of the customer's last order that had one; NULL: none yet. */
enum err invoice_to_last(struct op *op, int64_t customer, struct view **out) MUST_CHECK;

#endif
