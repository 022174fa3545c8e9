/* What sending, following and transferring a refund have in common. */
#include "shop/refund_row.h"

#include <string.h>

#include "core/arena.h"
#include "core/money.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "db/outbox.h"
#include "shop/ledger.h"

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

enum err refund_lock(struct op *op, struct refund_way *w)
{
    static const struct column columns[] = {
        COLUMN(ROW_INT, refund_way, version), COLUMN(ROW_INT, refund_way, payment), COLUMN(ROW_INT, refund_way, amount),
        COLUMN(ROW_TEXT, refund_way, status), COLUMN(ROW_TEXT, refund_way, last_event), COLUMN(ROW_TEXT, refund_way, currency),
        COLUMN(ROW_TEXT, refund_way, gateway), COLUMN(ROW_TEXT, refund_way, ref), COLUMN(ROW_TEXT, refund_way, bank_id),
        COLUMN(ROW_TEXT, refund_way, card), COLUMN(ROW_TEXT, refund_way, others), COLUMN(ROW_BOOL, refund_way, busy),
        COLUMN(ROW_BOOL, refund_way, fresh), COLUMN(ROW_BOOL, refund_way, settled), COLUMN(ROW_BOOL, refund_way, asked),
    };
    struct lock_set locks = { .n = 0 };
    struct rows r;
    lock_add(&locks, LOCK_CUSTOMER, w->customer);
    if (w->order)
        lock_add(&locks, LOCK_ORDER, w->order);
    lock_queue(op, &locks);
    TRY(db_query(op, &r, Q_REFUND_LOCK, P_INT(w->id)));
    row_read(&r, 0, columns, sizeof(columns) / sizeof(columns[0]), w);
    return ERR_OK;
}

bool refund_accepted(const struct refund_way *w)
{
    return is(w->status, "done") && is(w->last_event, "complete") && !w->settled;
}

struct gateway_refund refund_for_bank(struct op *op, const struct refund_way *w)
{
    return (struct gateway_refund){ .ref = w->ref, .id = w->bank_id, .card = w->card, .others = w->others,
        .description = arena_printf(op->arena, "refund %lld", (long long)w->id),
        .amount_rial = is(w->currency, "IRR") ? w->amount : w->amount * MONEY_RIAL_PER_TOMAN };
}

void refund_post(struct op *op, const struct refund_way *w, enum refund_leg leg)
{
    static const enum ledger_event events[][2] = {
        [REFUND_LEG_GATEWAY] = { LEDGER_REFUND_TO_GATEWAY, LEDGER_SUSPENSE_TO_GATEWAY },
        [REFUND_LEG_TRANSFER] = { LEDGER_REFUND_BY_TRANSFER, LEDGER_SUSPENSE_BY_TRANSFER },
        [REFUND_LEG_BOUNCE] = { LEDGER_REFUND_BOUNCED, LEDGER_REFUND_BOUNCED },
    };
    int64_t a[SOURCE_COUNT] = { 0 };
    bool rial = is(w->currency, "IRR");
    a[rial ? SOURCE_RECEIVED_RIAL : SOURCE_REFUND_AMOUNT] = w->amount;
    ledger_post(op, events[leg][rial], &(struct ledger_refs){ .order = w->order, .payment = w->payment, .refund = w->id }, a);
}

void refund_tell(struct op *op, const struct refund_way *w, const char *message)
{
    struct view *payload = view_new(op->arena);
    view_int(payload, "refund_id", w->id);
    view_text(payload, "message", message);
    outbox_add(op, "refund_message", arena_printf(op->arena, "%s:%lld", message, (long long)w->id), payload, 0);
}
