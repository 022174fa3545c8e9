/* Settlements. */
#include "shop/settlement.h"

#include <string.h>

#include "core/arena.h"
#include "core/crypto.h"
#include "core/money.h"
#include "core/text.h"
#include "db/db.h"
#include "db/lock.h"
#include "shop/gateway.h"
#include "shop/ledger.h"
#include "shop/settlement_read.h"

#define FILE_NAME_MAX 120
#define ROWS_A_TRIP 50

/* Settlements are worked on one after another. */
static enum err one_at_a_time(struct op *op)
{
    struct lock_set locks = { .n = 0 };
    lock_add_named(&locks, "settlements");
    lock_queue(op, &locks);
    return db_flush(op);
}

static enum err store_rows(struct op *op, int64_t id, const struct settlement_file *f)
{
    int64_t *lines = arena_array(op->arena, int64_t, f->n), *amounts = arena_array(op->arena, int64_t, f->n),
            *fees = arena_array(op->arena, int64_t, f->n);
    const char **texts[5];
    for (int k = 0; k < 5; k++)
        texts[k] = arena_array(op->arena, const char *, f->n);
    for (size_t i = 0; i < f->n; i++) {
        const struct settlement_row *row = &f->rows[i];
        const char *values[5] = { row->kind, row->track, row->reference, row->problem, row->raw };
        lines[i] = row->line;
        amounts[i] = row->amount;
        fees[i] = row->fee;
        for (int k = 0; k < 5; k++)
            texts[k][i] = values[k];
    }
    return db_exec(op, Q_SETTLEMENT_ROWS_ADD, P_INT(id), P_INTS(lines, f->n), P_TEXTS(texts[0], f->n), P_TEXTS(texts[1], f->n),
                   P_TEXTS(texts[2], f->n), P_INTS(amounts, f->n), P_INTS(fees, f->n), P_TEXTS(texts[3], f->n), P_TEXTS(texts[4], f->n));
}

enum err settlement_upload(struct op *op, const struct settlement_in *in, int64_t *id)
{
    struct settlement_file file;
    struct rows r;
    if (!gateway_find(in->gateway)) {
        err_field(op, "/gateway", "not_one_of", NULL);
        return ERR_INVALID_FIELD;
    }
    const char *hash = crypto_sha256_hex(op->arena, in->data);
    const char *name = text_clean(op->arena, str_of(in->file_name), false);
    while (text_length(str_of(name)) > FILE_NAME_MAX)
        do
            name++; /* the end of a name tells more */
        while (((unsigned char)*name & 0xc0) == 0x80);
    TRY(settlement_read(op, in->data, &file));
    TRY(one_at_a_time(op));
    TRY(db_query(op, &r, Q_SETTLEMENT_FIND, P_TEXT(in->gateway), P_TEXT(hash)));
    if (r.count > 0) {
        *id = row_int(&r, 0, "id");
        return ERR_OK;
    }
    TRY(db_query(op, &r, Q_SETTLEMENT_ADD, P_TEXT(in->gateway), P_TEXT(name[0] ? name : "settlement.csv"), P_TEXT(hash)));
    *id = row_int(&r, 0, "id");
    return store_rows(op, *id, &file);
}

/* The part of a sum that is no whole Toman is booked in Rial. */
static void post_row(struct op *op, int64_t settlement, const struct rows *r, int i)
{
    bool refund = strcmp(row_text(r, i, "kind"), "refund") == 0, toman = strcmp(row_text(r, i, "currency"), "IRT") == 0;
    int64_t amount = row_int(r, i, "amount"), fee = row_int(r, i, "fee"), a[SOURCE_COUNT] = { 0 }, f[SOURCE_COUNT] = { 0 };
    struct ledger_refs refs = { .order = row_int_or(r, i, "order_id", 0), .payment = row_int(r, i, "payment_id"),
        .refund = row_int_or(r, i, "refund_id", 0) };
    a[toman ? SOURCE_SETTLED_PAID : SOURCE_SETTLED_RIAL] = toman ? amount / MONEY_RIAL_PER_TOMAN : amount;
    f[SOURCE_FEE_AMOUNT] = fee / MONEY_RIAL_PER_TOMAN;
    f[SOURCE_FEE_RIAL] = fee % MONEY_RIAL_PER_TOMAN;
    ledger_post(op, refund ? LEDGER_SETTLEMENT_REFUND : LEDGER_SETTLEMENT, &refs, a);
    ledger_post(op, LEDGER_FEE, &refs, f);
    db_queue(op, Q_SETTLEMENT_ROW_POSTED, P_INT(settlement), P_INT(row_int(r, i, "line")), P_INT(refs.payment),
             refs.refund ? P_INT(refs.refund) : P_NULL);
}

enum err settlement_post(struct op *op, const char *uuid, int64_t *id)
{
    struct rows r, matched;
    TRY(one_at_a_time(op));
    TRY(db_query(op, &r, Q_SETTLEMENT_ROUTE, P_TEXT(uuid)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *id = row_int(&r, 0, "id");
    TRY(db_query(op, &matched, Q_SETTLEMENT_MATCHED, P_INT(*id)));
    for (int i = 0; i < matched.count; i++) {
        post_row(op, *id, &matched, i);
        if (i % ROWS_A_TRIP == 0)
            TRY(db_flush(op));
    }
    if (matched.count > 0 || !row_bool(&r, 0, "posted"))
        db_queue(op, Q_SETTLEMENT_POSTED, P_INT(*id));
    return ERR_OK;
}
