/* What the checkout takes: the body of a quote and of an order, and the parties and facts read from it. The same for
 * page and API. Web and order processes. */
#ifndef ROUTES_CHECKOUT_INPUT_H
#define ROUTES_CHECKOUT_INPUT_H

#include "routes/address_input.h"
#include "routes/invoice_input.h"
#include "shop/checkout.h"

struct request;
struct view;

struct checkout_in_body {
    struct address_change *address;
    int64_t address_id, expected_total, expected_due, cart_version;
    const char *shipping_method, *payment_method, *note;
    int use_wallet, gift;
    struct invoice_to *invoice_to;
    int invoice_last;
};
extern const struct schema checkout_in, order_place_in;

/* What the schema cannot say of an address that was typed in. */
enum err checkout_input_check(struct request *req, const struct checkout_in_body *in) MUST_CHECK;
/* That, and whom the invoice is for. A quote needs no party: what is half typed may wait. */
enum err checkout_input_check_parties(struct request *req, const struct checkout_in_body *in) MUST_CHECK;
/* The address as it is frozen into the order: one typed in, or one of the customer's own (ERR_NOT_FOUND); NULL: none. */
enum err checkout_input_address(struct request *req, const struct checkout_in_body *in, struct view **out) MUST_CHECK;
struct checkout_in checkout_input_facts(const struct request *req, const struct checkout_in_body *in, const struct view *address);

#endif
