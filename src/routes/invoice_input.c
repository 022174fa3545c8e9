/* Input of the party of an official invoice. */
#include "routes/invoice_input.h"

#include "auth/address.h"
#include "core/view.h"
#include "http/request.h"

static const struct field invoice_to_fields[] = {
    FIELD(F_TEXT, invoice_to, name, .min = 2, .max = 200, .doc = "of the person or company; required when any other is given"),
    FIELD(F_DIGITS, invoice_to, national_id, .doc = "a person's national code (ten digits) or a company's legal id (eleven); required with the name"),
    FIELD(F_DIGITS, invoice_to, economic_code, .doc = "ten to fourteen digits"),
    FIELD(F_DIGITS, invoice_to, registration, .max = 20, .doc = "a company's number in its register"),
    FIELD(F_ENUM, invoice_to, province, .choices = ADDRESS_PROVINCES, .doc = "ISO 3166-2"),
    FIELD(F_TEXT, invoice_to, city, .min = 2, .max = 60),
    FIELD(F_TEXT, invoice_to, address, .min = 3, .max = 300, .doc = "as the tax authority knows it"),
    FIELD(F_TEXT, invoice_to, postal_code, .min = 1, .max = 30, .doc = "ten digits"),
    FIELD(F_TEL, invoice_to, phone, .doc = "mobile or landline"),
};
const struct schema invoice_to_schema = { "invoice_to", sizeof(struct invoice_to), invoice_to_fields,
                                          sizeof(invoice_to_fields) / sizeof(invoice_to_fields[0]) };

enum err invoice_input_party(struct request *req, const struct invoice_to *typed, int last, const struct view **out)
{
    struct op *op = &req->op;
    struct view *party = NULL;
    *out = NULL;
    if (invoice_to_asked(typed)) {
        party = view_new(op->arena);
        invoice_to_view(typed, party);
    } else if (last == 1 && req->principal.kind == ACTOR_CUSTOMER) {
        TRY(invoice_to_last(op, req->principal.id, &party));
    }
    if (!party && last == 1) {
        err_field(op, "/invoice_last", "not_found", NULL);
        return ERR_INVALID_FIELD;
    }
    *out = party;
    return ERR_OK;
}
