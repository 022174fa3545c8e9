/* Notes and corrections of orders. */
#include "shop/order_note.h"

#include <string.h>

#include "core/view.h"
#include "db/db.h"

void order_note(struct op *op, const struct order_facts *o, const char *text)
{
    db_queue(op, Q_ORDER_NOTE_ADD, P_INT(o->id), P_TEXT("note"), P_TEXT(text));
}

enum err order_address_check(struct op *op, const struct order_facts *o)
{
    static const char *const states[] = { "pending", "paid", "processing" };
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strcmp(o->status, states[i]) == 0 && order_shipped(o) == 0)
            return ERR_OK;
    enum err e = err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
    err_param_text(op, "status", o->status);
    err_param_text(op, "event", "address");
    return e;
}

void order_address_change(struct op *op, const struct order_facts *o, const struct view *address)
{
    db_queue(op, Q_ORDER_ADDRESS_CHANGE, P_INT(o->id), P_TEXT(view_serialize(op->arena, address)));
}
