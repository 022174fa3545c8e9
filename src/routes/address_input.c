/* Input schema of an address. */
#include "routes/address_input.h"

#include <stddef.h>

#define MEMBER(type_, name_, least, most, ...) \
    { .name = #name_, .type = type_, .offset = offsetof(struct address, name_), .min = least, .max = most, __VA_ARGS__ }
#define GIVEN(name_) .flags = F_NULLABLE, .present_offset = offsetof(struct address_change, name_##_given)

static const struct field address_fields[] = {
    MEMBER(F_TEXT, recipient, 2, 100, .flags = F_REQUIRED, .doc = "who receives it"),
    MEMBER(F_TEL, phone, 0, 0, .flags = F_REQUIRED, .doc = "mobile or landline"),
    MEMBER(F_ENUM, province, 0, 0, .flags = F_REQUIRED, .choices = ADDRESS_PROVINCES, .doc = "ISO 3166-2"),
    MEMBER(F_TEXT, city, 2, 60, .flags = F_REQUIRED),
    MEMBER(F_TEXT, line, 3, 300, .flags = F_REQUIRED, .doc = "street and alley"),
    MEMBER(F_TEXT, plaque, 1, 20, .doc = "house number"),
    MEMBER(F_TEXT, unit, 1, 20),
    MEMBER(F_TEXT, postal_code, 1, 30, .doc = "ten digits"),
    MEMBER(F_TEXT, note, 1, 300, .doc = "for the courier"),
    MEMBER(F_DECIMAL6, lat, -90000000, 90000000),
    MEMBER(F_DECIMAL6, lng, -180000000, 180000000),
};
const struct schema address_schema = SCHEMA(address, address_fields);

/* struct address is the first member of struct address_change, so the offsets are the same. */
static const struct field change_fields[] = {
    MEMBER(F_TEXT, recipient, 2, 100, .flags = 0),
    MEMBER(F_TEL, phone, 0, 0, .flags = 0),
    MEMBER(F_ENUM, province, 0, 0, .choices = ADDRESS_PROVINCES),
    MEMBER(F_TEXT, city, 2, 60, .flags = 0),
    MEMBER(F_TEXT, line, 3, 300, .flags = 0),
    MEMBER(F_TEXT, plaque, 1, 20, GIVEN(plaque)),
    MEMBER(F_TEXT, unit, 1, 20, GIVEN(unit)),
    MEMBER(F_TEXT, postal_code, 1, 30, GIVEN(postal_code)),
    MEMBER(F_TEXT, note, 1, 300, GIVEN(note)),
    MEMBER(F_DECIMAL6, lat, -90000000, 90000000, GIVEN(lat)),
    MEMBER(F_DECIMAL6, lng, -180000000, 180000000, GIVEN(lng)),
};
const struct schema address_change_schema = SCHEMA(address_change, change_fields);

static void overlay(const char **member, const char *value, bool given)
{
    if (value || given)
        *member = value;
}

void address_apply(const struct address_change *change, struct address *a)
{
    const struct address *c = &change->address;
    overlay(&a->recipient, c->recipient, false);
    overlay(&a->phone, c->phone, false);
    overlay(&a->province, c->province, false);
    overlay(&a->city, c->city, false);
    overlay(&a->line, c->line, false);
    overlay(&a->plaque, c->plaque, change->plaque_given);
    overlay(&a->unit, c->unit, change->unit_given);
    overlay(&a->postal_code, c->postal_code, change->postal_code_given);
    overlay(&a->note, c->note, change->note_given);
    if (c->lat != INT_ABSENT || change->lat_given)
        a->lat = c->lat;
    if (c->lng != INT_ABSENT || change->lng_given)
        a->lng = c->lng;
}
