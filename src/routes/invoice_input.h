/* Input schema of the party of an official invoice, as the checkout and orders by phone take it. Every member is
 * optional to the schema, as a form sends its empty fields; invoice_to_check() says which are needed. Worker processes. */
#ifndef ROUTES_INVOICE_INPUT_H
#define ROUTES_INVOICE_INPUT_H

#include "http/schema.h"
#include "shop/invoice_to.h"

struct request;
struct view;

extern const struct schema invoice_to_schema;

/* Who the invoice is for: what was typed; else, with `last` 1, the customer's last one (ERR_INVALID_FIELD when there is
 * none); else NULL. Typed input has been checked. */
enum err invoice_input_party(struct request *req, const struct invoice_to *typed, int last, const struct view **out) MUST_CHECK;

#endif
