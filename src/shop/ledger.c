/* Postings. */
#include "shop/ledger.h"

#include <string.h>

#include "db/db.h"

#define LEDGER_ENTRIES_MAX 32

static const char *const event_names[LEDGER_EVENT_COUNT] = {
    [LEDGER_CAPTURE] = "capture", [LEDGER_REFUND] = "refund", [LEDGER_REFUND_TO_WALLET] = "refund_to_wallet",
    [LEDGER_REFUND_TO_GATEWAY] = "refund_to_gateway", [LEDGER_REFUND_BY_TRANSFER] = "refund_by_transfer",
    [LEDGER_REFUND_BOUNCED] = "refund_bounced",
    [LEDGER_SUSPENSE_IN] = "suspense_in", [LEDGER_SUSPENSE_REFUND] = "suspense_refund",
    [LEDGER_SUSPENSE_TO_GATEWAY] = "suspense_to_gateway", [LEDGER_SUSPENSE_BY_TRANSFER] = "suspense_by_transfer",
    [LEDGER_SETTLEMENT] = "settlement", [LEDGER_SETTLEMENT_REFUND] = "settlement_refund", [LEDGER_FEE] = "fee",
    [LEDGER_TOPUP] = "topup", [LEDGER_WALLET_ADJUSTMENT] = "wallet_adjustment",
};

enum account {
#define ACCOUNT(id, name, fa, en) ACCOUNT_##id,
#include "shop/accounts.def"
#undef ACCOUNT
};

static const struct {
    const char *name, *fa, *en;
} accounts[] = {
#define ACCOUNT(id, name, fa, en) { name, fa, en },
#include "shop/accounts.def"
#undef ACCOUNT
};

const char *ledger_account_title(const char *name, enum lang lang)
{
    for (size_t i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++)
        if (strcmp(accounts[i].name, name) == 0)
            return lang == LANG_FA ? accounts[i].fa : accounts[i].en;
    return name;
}

static const struct posting {
    enum ledger_event event;
    enum account debit, credit;
    enum ledger_source source;
    const char *currency;
} postings[] = {
#define POSTING(event, debit, credit, source, currency) \
    { LEDGER_##event, ACCOUNT_##debit, ACCOUNT_##credit, SOURCE_##source, #currency },
#include "shop/postings.def"
#undef POSTING
};

void ledger_post(struct op *op, enum ledger_event event, const struct ledger_refs *refs,
                 const int64_t amounts[SOURCE_COUNT])
{
    const char *names[LEDGER_ENTRIES_MAX], *currencies[LEDGER_ENTRIES_MAX];
    int64_t values[LEDGER_ENTRIES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < sizeof(postings) / sizeof(postings[0]); i++) {
        const struct posting *p = &postings[i];
        int64_t amount = amounts[p->source];
        if (p->event != event || amount == 0)
            continue;
        names[n] = accounts[p->debit].name;
        names[n + 1] = accounts[p->credit].name;
        currencies[n] = currencies[n + 1] = p->currency;
        values[n] = amount;
        values[n + 1] = -amount;
        n += 2;
    }
    if (n == 0)
        return;
    db_queue(op, Q_LEDGER_POST, P_TEXT(event_names[event]), refs->order ? P_INT(refs->order) : P_NULL,
             refs->payment ? P_INT(refs->payment) : P_NULL, refs->refund ? P_INT(refs->refund) : P_NULL,
             P_TEXTS(names, n), P_TEXTS(currencies, n), P_INTS(values, n));
}
