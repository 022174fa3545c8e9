/* Following refunds that the bank accepted, until it has paid them out or they have failed after all. Every
 * hour at first, then every day; after two weeks without a word a person asks. */
#include "shop/refund.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/test_hooks.h"
#include "db/db.h"
#include "db/tx.h"
#include "shop/refund_row.h"

#define ROUND_US INT64_C(45000000) /* with the last question's time well inside a job's lock */

struct following {
    struct refund_way w;
    enum gateway_word word;
};

/* The money is the shop's again, and owed. */
static void bounce(struct op *op, const struct refund_way *w)
{
    db_queue(op, Q_REFUND_MOVE, P_INT(w->id), P_INT(w->version), P_TEXT("bounce"), P_TEXT("awaiting_transfer"), P_NULL);
    refund_post(op, w, REFUND_LEG_BOUNCE);
    refund_tell(op, w, "refund_bounced");
}

static enum err look(struct op *op, void *arg)
{
    return refund_lock(op, &((struct following *)arg)->w);
}

/* The word may be old by now: somebody else may have heard it before. */
static enum err take_word(struct op *op, void *arg)
{
    struct following *f = arg;
    TRY(refund_lock(op, &f->w));
    if (!refund_accepted(&f->w) || !f->w.asked)
        f->word = GATEWAY_NO_WORD;
    else if (f->word == GATEWAY_SENT_BACK)
        bounce(op, &f->w);
    else if (f->word == GATEWAY_PAID_OUT)
        db_queue(op, Q_REFUND_SETTLED, P_INT(f->w.id));
    else
        db_queue(op, Q_REFUND_ASKED, P_INT(f->w.id));
    return ERR_OK;
}

static enum err follow(struct op *op, int64_t id, int64_t customer, int64_t order)
{
    struct following f = { .w = { .id = id, .customer = customer, .order = order } };
    const char *problem = NULL;
    TRY(db_tx(op, look, &f));
    if (!refund_accepted(&f.w) || !f.w.asked)
        return ERR_OK;
    const struct gateway *g = gateway_find(f.w.gateway);
    struct gateway_refund in = refund_for_bank(op, &f.w);
    if (g && g->refund_follow && gateway_can_refund(op, f.w.gateway))
        f.word = g->refund_follow(op, &in, &problem);
    test_point("refund_follow_answered");
    TRY(db_tx(op, take_word, &f));
    if (f.word == GATEWAY_SENT_BACK) {
        metrics_add(METRIC_REFUNDS_BOUNCED, 0, 1);
        log_event(LOG_WARNING, "refund failed at the bank", LOG_I("refund", id), LOG_S("said", problem));
    }
    return ERR_OK;
}

enum err refund_follow(struct op *op)
{
    struct rows r;
    int64_t begun = clock_monotonic_us();
    TRY(db_query(op, &r, Q_REFUNDS_TO_ASK));
    for (int i = 0; i < r.count && clock_monotonic_us() - begun < ROUND_US; i++) {
        int64_t id = row_int(&r, i, "id");
        enum err e = follow(op, id, row_int(&r, i, "customer_id"), row_int_or(&r, i, "order_id", 0));
        if (e == ERR_DB_UNAVAILABLE)
            return e;
        if (e) { /* it holds up no other, and waits for its next turn like any other */
            log_event(LOG_WARNING, "round passes over", LOG_S("what", "refund"), LOG_I("id", id), LOG_S("error", err_slug(e)),
                      LOG_S("internal", op->err->internal));
            err_clear(op);
            TRY(db_exec(op, Q_REFUND_ASKED, P_INT(id)));
        }
    }
    return ERR_OK;
}

enum err refund_speak(struct op *op, const char *uuid, bool paid_out, int64_t *refund_id)
{
    struct rows r;
    TRY(db_look(op, &r, Q_REFUND_ROUTE, P_TEXT(uuid)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    struct refund_way w = { .id = row_int(&r, 0, "id"), .customer = row_int(&r, 0, "customer_id"),
                            .order = row_int_or(&r, 0, "order_id", 0) };
    TRY(refund_lock(op, &w));
    if (!refund_accepted(&w) || w.asked)
        return err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
    if (paid_out)
        db_queue(op, Q_REFUND_SETTLED, P_INT(w.id));
    else
        bounce(op, &w);
    *refund_id = w.id;
    return ERR_OK;
}

enum err refund_give_iban(struct op *op, int64_t order_id, const char *uuid, const char *iban)
{
    struct rows r;
    TRY(db_look(op, &r, Q_REFUND_ROUTE, P_TEXT(uuid)));
    if (r.count == 0 || row_int_or(&r, 0, "order_id", 0) != order_id)
        return err_set(op, ERR_NOT_FOUND, NULL);
    TRY(db_query(op, &r, Q_REFUND_IBAN, P_INT(row_int(&r, 0, "id")), P_TEXT(iban)));
    return r.count ? ERR_OK : err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
}
