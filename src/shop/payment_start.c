/* Starting a payment at the bank: intent, question, answer, each its own transaction. */
#include "shop/payment.h"

#include <string.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/test_hooks.h"
#include "db/db.h"
#include "db/lock.h"
#include "db/tx.h"
#include "shop/cod.h"
#include "shop/gateway.h"
#include "shop/order_facts.h"
#include "shop/settings.h"

struct start {
    const char *number, *return_url, *phone;
    int64_t order, customer, due, id, version;
    const struct gateway *gateway;
    const char *uuid, *ref, *callback_token;
    bool reuse;
    bool over; /* the order was canceled or paid while the bank was asked */
    struct gateway_started answer;
};

/* An open attempt decides: reuse it, wait for it, or give it up. */
static enum err look_at_open(struct op *op, struct start *s)
{
    struct rows r;
    TRY(db_query(op, &r, Q_PAYMENT_OPEN, P_INT(s->order), P_TEXT(s->gateway->name)));
    if (r.count == 0)
        return ERR_OK;
    if (strcmp(row_text(&r, 0, "status"), "redirected") == 0) {
        s->reuse = row_bool(&r, 0, "young") && row_int(&r, 0, "amount") == s->due;
        s->uuid = row_text(&r, 0, "uuid");
        s->ref = row_text(&r, 0, "gateway_ref");
        s->id = row_int(&r, 0, "id");
        return ERR_OK;
    }
    if (row_bool(&r, 0, "leased")) {
        err_retry_after(op, PAYMENT_LEASE_SECONDS);
        return err_set(op, ERR_PAYMENT_IN_PROGRESS, NULL);
    }
    db_queue(op, Q_PAYMENT_MOVE, P_INT(row_int(&r, 0, "id")), P_INT(row_int(&r, 0, "version")), P_TEXT("fail"),
             P_TEXT("failed"), P_TEXT("no_answer"));
    return ERR_OK;
}

static enum err store_intent(struct op *op, void *arg)
{
    struct start *s = arg;
    struct order_facts o;
    TRY(order_lock(op, s->order, false, &o));
    if (strcmp(o.status, "pending") != 0 || o.due == 0)
        return err_set(op, ERR_NOTHING_TO_PAY, NULL);
    if (o.expired)
        return err_set(op, ERR_GONE, NULL);
    if (cod_order(&o))
        return err_set(op, ERR_PAYMENT_METHOD_UNAVAILABLE, NULL);
    s->due = o.due;
    s->reuse = false;
    TRY(look_at_open(op, s));
    if (s->reuse)
        return ERR_OK;
    struct rows r;
    s->callback_token = crypto_token(op->arena, 24);
    TRY(db_query(op, &r, Q_PAYMENT_INTENT, P_INT(s->order), P_INT(s->customer), P_TEXT(s->gateway->name), P_INT(s->due),
                 P_TEXT(s->callback_token), P_TEXT(crypto_token(op->arena, 24)), P_TEXT(s->return_url)));
    s->id = row_int(&r, 0, "id");
    s->uuid = row_text(&r, 0, "uuid");
    s->version = 1;
    return ERR_OK;
}

/* Owner, order, the attempt's row. */
static enum err lock_attempt(struct op *op, const struct start *s, struct rows *r)
{
    struct lock_set locks = { .n = 0 };
    lock_add(&locks, LOCK_CUSTOMER, s->customer);
    if (s->order)
        lock_add(&locks, LOCK_ORDER, s->order);
    lock_queue(op, &locks);
    return db_query(op, r, Q_PAYMENT_LOCK, P_INT(s->id));
}

static void give_up(struct op *op, const struct start *s, const struct rows *r, const char *reason)
{
    db_queue(op, Q_PAYMENT_MOVE, P_INT(s->id), P_INT(row_int(r, 0, "version")), P_TEXT("fail"), P_TEXT("failed"), P_TEXT(reason));
}

/* The track id is kept even when nobody will be sent there: the reconciler asks what became of it. */
static enum err store_answer(struct op *op, void *arg)
{
    struct start *s = arg;
    struct rows r;
    TRY(lock_attempt(op, s, &r));
    if (strcmp(row_text(&r, 0, "status"), "created") != 0)
        return err_set(op, ERR_CONFLICT, NULL);
    s->over = row_bool(&r, 0, "order_over");
    if (s->answer.outcome == GATEWAY_DONE)
        db_queue(op, Q_PAYMENT_REDIRECTED, P_INT(s->id), P_INT(row_int(&r, 0, "version")), P_TEXT(s->answer.ref));
    else
        give_up(op, s, &r, s->answer.problem ? s->answer.problem : "refused");
    return ERR_OK;
}

static void ask_gateway(struct op *op, struct start *s)
{
    struct gateway_start in = { .amount = s->due, .order_ref = s->order ? s->number : s->uuid, .mobile = s->phone,
        .callback_url = arena_printf(op->arena, "%s/payment/callback/%s", op->conf->shop_base_url, s->callback_token),
        .webhook_url = arena_printf(op->arena, "%s/payment/webhook/%s/%s", op->conf->shop_base_url, s->gateway->name, s->callback_token),
        .description = s->order ? arena_printf(op->arena, "سفارش %s", s->number) : "افزایش موجودی کیف پول" };
    s->gateway->start(op, &in, &s->answer);
}

static const char *redirect_of(struct op *op, const struct start *s)
{
    return s->gateway->redirect(op, s->reuse ? s->ref : s->answer.ref);
}

/* Intent, question, answer. */
static enum err go(struct op *op, struct start *s, tx_fn *intent, struct payment_started *out)
{
    TRY(db_tx(op, intent, s));
    test_point("payment_intent_stored");
    if (!s->reuse) {
        ask_gateway(op, s);
        test_point("payment_gateway_answered");
        TRY(db_tx(op, store_answer, s));
        if (s->over)
            return err_set(op, ERR_NOTHING_TO_PAY, NULL);
        if (s->answer.outcome == GATEWAY_REFUSED)
            return err_internal(op, ERR_GATEWAY_FAILED, "%s", s->answer.problem ? s->answer.problem : "refused");
        if (s->answer.outcome != GATEWAY_DONE) {
            err_retry_after(op, 30);
            return err_internal(op, ERR_GATEWAY_UNAVAILABLE, "%s", s->answer.problem ? s->answer.problem : "no answer");
        }
    }
    *out = (struct payment_started){ .id = s->id, .uuid = s->uuid, .redirect_url = redirect_of(op, s) };
    return ERR_OK;
}

static enum err find_gateway(struct op *op, const char *name, struct start *s)
{
    s->gateway = name ? gateway_find(name) : gateway_default(op);
    return s->gateway && s->gateway->available(op) ? ERR_OK : err_set(op, ERR_PAYMENT_METHOD_UNAVAILABLE, NULL);
}

enum err payment_start(struct op *op, const char *order_number, int64_t customer, const char *gateway,
                       const char *return_url, struct payment_started *out)
{
    struct start s = { .number = order_number, .customer = customer, .return_url = return_url };
    struct rows r;
    TRY(find_gateway(op, gateway, &s));
    TRY(db_query(op, &r, Q_PAYMENT_START_LOOK, P_TEXT(order_number), P_INT(customer)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    s.order = row_int(&r, 0, "id");
    s.phone = row_text(&r, 0, "phone");
    return go(op, &s, store_intent, out);
}

static enum err store_topup(struct op *op, void *arg)
{
    struct start *s = arg;
    struct rows r;
    s->callback_token = crypto_token(op->arena, 24);
    TRY(db_query(op, &r, Q_TOPUP_INTENT, P_INT(s->customer), P_TEXT(s->gateway->name), P_INT(s->due), P_TEXT(s->callback_token),
                 P_TEXT(crypto_token(op->arena, 24)), P_TEXT(s->return_url)));
    s->id = row_int(&r, 0, "id");
    s->uuid = row_text(&r, 0, "uuid");
    return ERR_OK;
}

static enum err check_amount(struct op *op, int64_t amount)
{
    struct settings limits;
    TRY(settings_load(op, &limits));
    if (!limits.topup_enabled)
        return err_set(op, ERR_PAYMENT_METHOD_UNAVAILABLE, NULL);
    if (amount < limits.topup_minimum || amount < limits.gateway_minimum)
        return err_field(op, "/amount", "too_small", NULL), ERR_INVALID_FIELD;
    if (amount > limits.topup_maximum || amount > limits.gateway_maximum)
        return err_field(op, "/amount", "too_large", NULL), ERR_INVALID_FIELD;
    return ERR_OK;
}

enum err payment_topup(struct op *op, const struct topup_in *in, struct payment_started *out)
{
    struct start s = { .customer = in->customer, .due = in->amount, .return_url = in->return_url };
    struct rows r;
    TRY(find_gateway(op, in->gateway, &s));
    TRY(check_amount(op, in->amount));
    TRY(db_query(op, &r, Q_TOPUP_LOOK, P_INT(in->customer)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    s.phone = row_text(&r, 0, "phone");
    return go(op, &s, store_topup, out);
}

static enum err abandon(struct op *op, void *arg)
{
    struct start *s = arg;
    struct rows r;
    TRY(lock_attempt(op, s, &r));
    if (strcmp(row_text(&r, 0, "status"), "created") == 0)
        give_up(op, s, &r, "no_answer");
    return ERR_OK;
}

enum err payment_abandon(struct op *op)
{
    struct rows r;
    TRY(db_query(op, &r, Q_PAYMENT_ABANDONED));
    for (int i = 0; i < r.count; i++) {
        struct start s = { .id = row_int(&r, i, "id"), .customer = row_int(&r, i, "customer_id"),
                           .order = row_int_or(&r, i, "order_id", 0) };
        TRY(db_tx(op, abandon, &s));
    }
    return ERR_OK;
}
