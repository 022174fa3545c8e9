/* The books: a business event becomes one ledger transaction by the rows of postings.def. Amount
 * sources are filled by the caller; the rows give accounts and sides. Any process. */
#ifndef SHOP_LEDGER_H
#define SHOP_LEDGER_H

#include <stdint.h>

#include "core/lang.h"
#include "core/op.h"

enum ledger_event {
    LEDGER_CAPTURE, LEDGER_REFUND, LEDGER_REFUND_TO_WALLET, LEDGER_REFUND_TO_GATEWAY, LEDGER_REFUND_BY_TRANSFER,
    LEDGER_REFUND_BOUNCED,
    LEDGER_SUSPENSE_IN, LEDGER_SUSPENSE_REFUND, LEDGER_SUSPENSE_TO_GATEWAY, LEDGER_SUSPENSE_BY_TRANSFER,
    LEDGER_SETTLEMENT, LEDGER_SETTLEMENT_REFUND, LEDGER_FEE,
    LEDGER_TOPUP, LEDGER_WALLET_ADJUSTMENT, LEDGER_EVENT_COUNT
};

enum ledger_source {
    SOURCE_GATEWAY_PAID, SOURCE_TRANSFER_PAID, SOURCE_COD_PAID, SOURCE_WALLET_PAID, SOURCE_SALES_NET, SOURCE_TAX_AMOUNT,
    SOURCE_SHIPPING_AMOUNT, SOURCE_DISCOUNT_AMOUNT, SOURCE_LINES_NET, SOURCE_LINES_TAX, SOURCE_ALLOWANCE_AMOUNT,
    SOURCE_REFUND_AMOUNT, SOURCE_RECEIVED_RIAL, SOURCE_TRANSFERRED_RIAL, SOURCE_ADJUSTMENT_AMOUNT,
    SOURCE_SETTLED_PAID, SOURCE_SETTLED_RIAL, SOURCE_FEE_AMOUNT, SOURCE_FEE_RIAL,
    SOURCE_COUNT
};

struct ledger_refs {
    int64_t order, payment, refund; /* 0: none */
};

/* Queues the transaction. Amounts by source; an event whose amounts are all 0 posts nothing. */
void ledger_post(struct op *op, enum ledger_event event, const struct ledger_refs *refs,
                 const int64_t amounts[SOURCE_COUNT]);

/* An account's name for people; an unknown one as it is. */
const char *ledger_account_title(const char *name, enum lang lang);

#endif
