/* Input of the checkout. */
#include "routes/checkout_input.h"

#include <string.h>

#include "auth/address.h"
#include "core/view.h"
#include "http/request.h"

#define CHECKOUT_FIELDS                                                                                             \
    FIELD(F_OBJECT, checkout_in_body, address, .sub = &address_change_schema),                                         \
        FIELD(F_INT, checkout_in_body, address_id, .min = 1, .max = INT64_MAX, .doc = "one of the customer's own"),    \
        FIELD(F_TEXT, checkout_in_body, shipping_method, .max = 40),                                                   \
        FIELD(F_ENUM, checkout_in_body, payment_method, .choices = " gateway wallet card_to_card cod "),               \
        FIELD(F_BOOL, checkout_in_body, use_wallet), FIELD(F_LONGTEXT, checkout_in_body, note, .max = 500),              \
        FIELD(F_BOOL, checkout_in_body, gift, .doc = "the packing slip shows no prices"),                             \
        FIELD(F_OBJECT, checkout_in_body, invoice_to, .sub = &invoice_to_schema, .doc = "whom the official invoice is for"), \
        FIELD(F_BOOL, checkout_in_body, invoice_last, .doc = "as on the customer's last order that had one; invoice_to comes first")

static const struct field checkout_fields[] = { CHECKOUT_FIELDS };
const struct schema checkout_in = { .name = "checkout_in", .size = sizeof(struct checkout_in_body), .fields = checkout_fields,
                                    .count = sizeof(checkout_fields) / sizeof(checkout_fields[0]) };

#define MONEY_LIMIT INT64_C(1000000000000000)
static const struct field order_place_fields[] = {
    CHECKOUT_FIELDS,
    FIELD(F_INT, checkout_in_body, expected_total, .min = 0, .max = MONEY_LIMIT, .flags = F_REQUIRED, .doc = "the total that the buyer saw"),
    FIELD(F_INT, checkout_in_body, expected_due, .min = 0, .max = MONEY_LIMIT),
    FIELD(F_INT, checkout_in_body, cart_version, .min = 1, .max = INT64_MAX),
};
const struct schema order_place_in = { .name = "order_place_in", .size = sizeof(struct checkout_in_body), .fields = order_place_fields,
                                       .count = sizeof(order_place_fields) / sizeof(order_place_fields[0]) };

enum err checkout_input_check(struct request *req, const struct checkout_in_body *in)
{
    return in->address ? address_check(&req->op, &in->address->address, "/address") : ERR_OK;
}

enum err checkout_input_check_parties(struct request *req, const struct checkout_in_body *in)
{
    enum err e = checkout_input_check(req, in), f = ERR_OK;
    if (invoice_to_asked(in->invoice_to))
        f = invoice_to_check(&req->op, in->invoice_to, "/invoice_to");
    return e ? e : f;
}

enum err checkout_input_address(struct request *req, const struct checkout_in_body *in, struct view **out)
{
    struct op *op = &req->op;
    struct address a = { 0 };
    *out = NULL;
    if (in->address_id != INT_ABSENT && req->principal.kind != ACTOR_CUSTOMER)
        return err_set(op, ERR_NOT_FOUND, NULL);
    if (in->address_id != INT_ABSENT)
        TRY(address_get(op, req->principal.id, in->address_id, &a));
    else if (in->address)
        a = in->address->address;
    else
        return ERR_OK;
    *out = view_new(op->arena);
    address_view(&a, *out);
    return ERR_OK;
}

struct checkout_in checkout_input_facts(const struct request *req, const struct checkout_in_body *in, const struct view *address)
{
    bool customer = req->principal.kind == ACTOR_CUSTOMER;
    return (struct checkout_in){ .cart = req->principal.cart_id, .customer = customer ? req->principal.id : 0,
        .province = address ? view_get_text(address, "province") : NULL, .shipping_method = in->shipping_method,
        .payment_method = in->payment_method,
        .use_wallet = customer && (in->use_wallet == 1 || (in->payment_method && strcmp(in->payment_method, "wallet") == 0)) };
}
