/* Input schema of an address, as the account pages and the checkout take it. The schema decodes into
 * struct address; address_check() then says what a schema cannot. Worker processes. */
#ifndef ROUTES_ADDRESS_INPUT_H
#define ROUTES_ADDRESS_INPUT_H

#include <stdbool.h>

#include "auth/address.h"
#include "http/schema.h"

extern const struct schema address_schema; /* recipient, phone, province, city, line required */

/* The same with every member optional; null empties those that may be empty. */
struct address_change {
    struct address address;
    bool plaque_given, unit_given, postal_code_given, note_given, lat_given, lng_given;
};
extern const struct schema address_change_schema;
void address_apply(const struct address_change *change, struct address *address);

#endif
