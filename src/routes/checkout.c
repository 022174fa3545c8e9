/* Quoting and placing. */
#include "routes/handlers.h"

#include "auth/address.h"
#include "core/arena.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "proc/scoreboard.h"
#include "routes/checkout_input.h"
#include "routes/fingerprint.h"
#include "shop/order_place.h"

enum err quote_post(struct request *req)
{
    const struct checkout_in_body *in = req->input;
    struct view *address;
    struct checkout c;
    TRY(checkout_input_check(req, in));
    TRY(checkout_input_address(req, in, &address));
    struct checkout_in facts = checkout_input_facts(req, in, address);
    TRY(checkout_load(&req->op, &facts, &c));
    if (in->shipping_method && !c.method) /* a total without it would not be what the order costs */
        return err_set(&req->op, ERR_SHIPPING_METHOD_UNAVAILABLE, NULL);
    checkout_view(&req->op, &c, req->reply.view);
    return ERR_OK;
}

static int most_waiters(const struct conf *conf)
{
    int64_t half = conf->worker_order / 2;
    return (int)(conf->order_max_waiters ? conf->order_max_waiters : half > 0 ? half : 1);
}

static void answer_order(struct request *req, int64_t order_id, const char *number)
{
    req->reply.resource = "order";
    req->reply.resource_id = order_id;
    reply_created(req, arena_printf(req->op.arena, "/orders/%s", number));
}

static enum err too_many_waiting(struct op *op)
{
    metrics_add(METRIC_HOT_REFUSED, 0, 1);
    err_retry_after(op, 1 + (int)crypto_random_below(2)); /* not all of a crowd at the same moment */
    return err_set(op, ERR_BUSY, NULL);
}

enum err order_place_post(struct request *req)
{
    const struct checkout_in_body *in = req->input;
    struct op *op = &req->op;
    struct place_look look;
    struct view *address;
    const struct view *party;
    struct placed placed;
    if (!req->principal.cart_id)
        return err_set(op, ERR_CART_EMPTY, NULL);
    TRY(checkout_input_check_parties(req, in));
    TRY(checkout_input_address(req, in, &address));
    TRY(invoice_input_party(req, in->invoice_to, in->invoice_last, &party));
    struct checkout_in facts = checkout_input_facts(req, in, address);
    struct place_in place = { .cart = facts.cart, .customer = facts.customer, .address = address, .invoice_to = party,
        .shipping_method = in->shipping_method, .payment_method = in->payment_method, .use_wallet = facts.use_wallet,
        .expected_total = in->expected_total, .expected_due = in->expected_due, .cart_version = in->cart_version,
        .note = in->note, .fingerprint = request_fingerprint(req) };
    TRY(order_place_look(op, &place, &look));
    if (look.placed) { /* the same request came before: its order is the answer */
        req->reply.replayed = true;
        answer_order(req, look.placed, look.number);
        return ERR_OK;
    }
    if (!scoreboard_wait_enter(look.variants, look.n, most_waiters(op->conf)))
        return too_many_waiting(op);
    TRY(order_place(op, &place, &look, &placed));
    req->reply.replayed = placed.before;
    if (in->gift == 1 && !placed.before)
        db_queue(op, Q_ORDER_GIFT, P_INT(placed.id));
    if (in->address && req->accept == ACCEPT_HTML)
        address_remember(op, req->principal.id, &in->address->address);
    answer_order(req, placed.id, placed.number);
    return ERR_OK;
}
