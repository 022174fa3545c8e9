/* The party of an official invoice. */
#include "shop/invoice_to.h"

#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"

#define PERSON_DIGITS 10
#define COMPANY_DIGITS 11
#define ECONOMIC_DIGITS_MIN 10
#define ECONOMIC_DIGITS_MAX 14

static const struct member {
    const char *name;
    size_t offset;
} members[] = {
#define MEMBER(name) { #name, offsetof(struct invoice_to, name) }
    MEMBER(name), MEMBER(national_id), MEMBER(economic_code), MEMBER(registration), MEMBER(province),
    MEMBER(city), MEMBER(address),     MEMBER(postal_code),   MEMBER(phone),
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static const char *value_of(const struct invoice_to *to, size_t i)
{
    return *(const char *const *)((const char *)to + members[i].offset);
}

bool invoice_to_asked(const struct invoice_to *to)
{
    for (size_t i = 0; to && i < MEMBERS; i++)
        if (value_of(to, i))
            return true;
    return false;
}

/* What is wrong with the id; NULL: nothing. */
static const char *id_fault(const char *id)
{
    if (!id)
        return "required";
    if (strlen(id) == PERSON_DIGITS)
        return text_national_code(id) ? NULL : "bad_national_code";
    if (strlen(id) == COMPANY_DIGITS)
        return text_legal_id(id) ? NULL : "bad_legal_id";
    return "bad_national_id";
}

enum err invoice_to_check(struct op *op, struct invoice_to *to, const char *prefix)
{
    size_t economic = to->economic_code ? strlen(to->economic_code) : ECONOMIC_DIGITS_MIN;
    const struct {
        const char *member, *fault;
    } faults[] = {
        { "name", to->name ? NULL : "required" },
        { "national_id", id_fault(to->national_id) },
        { "economic_code", economic < ECONOMIC_DIGITS_MIN || economic > ECONOMIC_DIGITS_MAX ? "bad_economic_code" : NULL },
        { "postal_code", to->postal_code && !text_postal_code(op->arena, str_of(to->postal_code), &to->postal_code)
                             ? "bad_postal_code" : NULL },
    };
    enum err e = ERR_OK;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (!faults[i].fault)
            continue;
        err_field(op, arena_printf(op->arena, "%s/%s", prefix, faults[i].member), faults[i].fault, NULL);
        e = ERR_INVALID_FIELD;
    }
    return e;
}

void invoice_to_view(const struct invoice_to *to, struct view *out)
{
    view_text(out, "kind", strlen(to->national_id) == COMPANY_DIGITS ? "company" : "person");
    for (size_t i = 0; i < MEMBERS; i++)
        view_text(out, members[i].name, value_of(to, i));
}

enum err invoice_to_last(struct op *op, int64_t customer, struct view **out)
{
    struct rows r;
    const char *error;
    TRY(db_look(op, &r, Q_INVOICE_TO_LAST, P_INT(customer)));
    *out = r.count ? view_parse(op->arena, str_of(row_text(&r, 0, "invoice_to")), 4, &error) : NULL;
    return ERR_OK;
}
