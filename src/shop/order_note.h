/* What staff write to an order, and the correction of its address before anything is sent. Both stay
 * in the staff's timeline for ever. Inside a transaction, after order_lock. Order processes. */
#ifndef SHOP_ORDER_NOTE_H
#define SHOP_ORDER_NOTE_H

#include "core/err.h"
#include "shop/order_facts.h"

struct view;

void order_note(struct op *op, const struct order_facts *o, const char *text);
/* May the address still be corrected? ERR_ILLEGAL_TRANSITION when something was shipped or the
 * order has ended. */
enum err order_address_check(struct op *op, const struct order_facts *o) MUST_CHECK;
void order_address_change(struct op *op, const struct order_facts *o, const struct view *address);

#endif
