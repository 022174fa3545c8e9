/* Cash on delivery: goods leave unpaid, and the order's end decides what was owed. The lines that
 * arrived are paid by their frozen allocation, with the shipping: first out of the wallet's hold, the
 * rest by what the courier collected. Inside a transaction, after order_lock. Order processes. */
#ifndef SHOP_COD_H
#define SHOP_COD_H

#include <stdbool.h>

#include "core/err.h"
#include "shop/order_facts.h"

bool cod_order(const struct order_facts *o);
/* After the parcels have been marked: captures and books what was delivered. */
enum err cod_collect(struct op *op, const struct order_facts *o) MUST_CHECK;
/* Nothing was or will be delivered: the hold and the open payment end. */
void cod_release(struct op *op, const struct order_facts *o);

#endif
