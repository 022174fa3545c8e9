/* Placing an order. */
#include "shop/order_place.h"

#include <string.h>

#include "core/arena.h"
#include "core/metrics.h"
#include "core/test_hooks.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"
#include "db/outbox.h"
#include "db/tx.h"
#include "shop/checkout.h"
#include "shop/coupon.h"
#include "shop/order_event.h"
#include "shop/order_snapshot.h"

struct placing {
    const struct place_in *in;
    struct checkout c;
    struct queued *buyer, *id;
    const char *method; /* how the due will be paid; NULL: nothing to pay */
};

static void sold_out(struct op *op, const struct view *missing)
{
    for (size_t i = 0; i < view_count(missing); i++) {
        struct view *m = view_at(missing, i);
        struct field_error *f = err_field(op, "/items", "out_of_stock", NULL);
        f->variant_id = view_get_int(m, "variant_id", 0);
        f->params = view_new(op->arena);
        view_int(f->params, "available", view_get_int(m, "available", 0));
        view_text(f->params, "title", lang_pick(op->lang, view_get_text(m, "title_fa"), view_get_text(m, "title_en")));
    }
}

enum err order_place_look(struct op *op, const struct place_in *in, struct place_look *look)
{
    struct rows r;
    const char *error;
    *look = (struct place_look){ 0 };
    TRY(db_look(op, &r, Q_PLACE_LOOK, P_INT(in->cart), P_OPT_INT(in->cart_version), P_INT(in->customer), P_TEXT(in->fingerprint)));
    look->placed = row_int_or(&r, 0, "placed", 0);
    look->number = row_text(&r, 0, "number");
    look->coupon = row_int_or(&r, 0, "coupon_id", 0);
    if (look->placed)
        return ERR_OK;
    struct view *variants = view_parse(op->arena, str_of(row_text(&r, 0, "variants")), 2, &error);
    struct view *missing = view_parse(op->arena, str_of(row_text(&r, 0, "short")), 4, &error);
    look->n = view_count(variants);
    if (look->n > PLACE_VARIANTS_MAX)
        return err_set(op, ERR_CART_FULL, NULL);
    for (size_t i = 0; i < look->n; i++)
        look->variants[i] = view_value_int(view_at(variants, i));
    if (look->n == 0)
        return err_set(op, ERR_CART_EMPTY, NULL);
    if (view_count(missing)) {
        sold_out(op, missing);
        return err_set(op, ERR_OUT_OF_STOCK, NULL);
    }
    return ERR_OK;
}

/* Owner, coupon, variants: first the queue of advisory locks, then the rows in the same order. */
static void queue_locks(struct op *op, const struct place_in *in, const struct place_look *look)
{
    struct lock_set locks = { .n = 0 };
    lock_add(&locks, LOCK_CUSTOMER, in->customer);
    if (look->coupon)
        lock_add(&locks, LOCK_COUPON, look->coupon);
    for (size_t i = 0; i < look->n; i++)
        lock_add(&locks, LOCK_VARIANT, look->variants[i]);
    lock_queue(op, &locks);
    if (test_omits("row"))
        return;
    db_queue(op, Q_CART_LOCK, P_INT(in->cart));
    db_queue(op, Q_WALLET_LOCK, P_INT(in->customer));
    if (look->coupon)
        coupon_lock_rows(op, look->coupon);
    db_queue(op, Q_STOCK_LOCK, P_INTS(look->variants, look->n));
}

static enum err read_facts(struct op *op, const struct place_look *look, struct placing *p)
{
    const struct place_in *in = p->in;
    struct checkout_reads reads;
    struct checkout_in facts = { .cart = in->cart, .customer = in->customer, .shipping_method = in->shipping_method,
        .payment_method = in->payment_method, .use_wallet = in->use_wallet,
        .province = in->address ? view_get_text(in->address, "province") : NULL };
    queue_locks(op, in, look);
    checkout_queue(op, &facts, &reads);
    p->buyer = db_queue(op, Q_BUYER, P_INT(in->customer));
    p->id = db_queue(op, Q_ORDER_ID);
    TRY(db_flush(op));
    test_point("place_locked");
    checkout_read(op, &facts, &reads, &p->c);
    return ERR_OK;
}

/* The locks were chosen by what was seen before them: another line or coupon would be used without its own. */
static bool as_seen(const struct place_look *look, const struct checkout *c)
{
    if (look->n != c->n || look->coupon != c->coupon.lock)
        return false;
    for (size_t i = 0; i < c->n; i++) {
        bool found = false;
        for (size_t k = 0; k < look->n; k++)
            found = found || look->variants[k] == c->lines[i].variant_id;
        if (!found)
            return false;
    }
    return true;
}

static enum err cart_changed(struct op *op, const struct placing *p)
{
    struct view *quote;
    enum err e = err_set(op, ERR_CART_CHANGED, NULL);
    op->err->extra = view_new(op->arena);
    quote = view_object(op->err->extra, "quote");
    checkout_view(op, &p->c, quote);
    return e;
}

static enum err check_address(struct op *op, const struct placing *p)
{
    static const char *const needed[] = { "recipient", "phone", "province", "city", "line" };
    const struct shipping_method *m = p->c.method;
    const struct view *a = p->in->address;
    if (!m)
        return err_set(op, ERR_SHIPPING_METHOD_UNAVAILABLE, NULL);
    if (!m->needs_address)
        return ERR_OK;
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (!a || !view_get_text(a, needed[i]))
            err_field(op, arena_printf(op->arena, "/address/%s", needed[i]), "required", NULL);
    if (m->needs_postal_code && (!a || !view_get_text(a, "postal_code")))
        err_field(op, "/address/postal_code", "required", NULL);
    return op->err->code;
}

static enum err check_payment(struct op *op, struct placing *p)
{
    const struct price *price = &p->c.price;
    const char *wanted = p->in->payment_method ? p->in->payment_method : "gateway";
    if (price->due == 0) {
        p->method = price->total == 0 ? NULL : "wallet";
        return ERR_OK;
    }
    if (strcmp(wanted, "wallet") == 0)
        return err_set(op, ERR_WALLET_SHORT, NULL);
    p->method = wanted;
    if (!checkout_offers(&p->c, wanted))
        return err_set(op, ERR_PAYMENT_METHOD_UNAVAILABLE, NULL);
    return ERR_OK;
}

/* No hoarding: orders that wait for money, and units of a variant that are held and not yet sent. */
static enum err check_hoard(struct op *op, const struct placing *p)
{
    const struct checkout *c = &p->c;
    const char *error, *json = row_text(&p->buyer->rows, 0, "holds");
    int64_t most = c->settings.max_customer_quantity;
    struct view *holds = json ? view_parse(op->arena, str_of(json), 2, &error) : NULL;
    if (c->price.due > 0 && row_int(&p->buyer->rows, 0, "pending") >= c->settings.max_pending_orders)
        return err_set(op, ERR_TOO_MANY_PENDING, NULL);
    for (size_t i = 0; most > 0 && i < c->n; i++) {
        const struct checkout_line *l = &c->lines[i];
        int64_t held = view_get_int(holds, arena_printf(op->arena, "%lld", (long long)l->variant_id), 0);
        if (held + l->quantity <= most)
            continue;
        struct field_error *f = err_field(op, arena_printf(op->arena, "/items/%zu", i), "too_large", NULL);
        f->variant_id = l->variant_id;
        f->params = view_new(op->arena);
        view_int(f->params, "max", most > held ? most - held : 0);
        view_int(f->params, "held", held);
    }
    return op->err->fields ? err_set(op, ERR_QUANTITY_LIMIT, NULL) : ERR_OK;
}

/* The refusals, in the order that the contract gives them. */
static enum err check(struct op *op, const struct place_look *look, struct placing *p)
{
    const struct place_in *in = p->in;
    const struct checkout *c = &p->c;
    if (c->n == 0)
        return err_set(op, ERR_CART_EMPTY, NULL);
    TRY(checkout_check_stock(op, c));
    if (c->coupon_code && c->coupon.exhausted)
        return err_set(op, ERR_COUPON_EXHAUSTED, NULL);
    TRY(check_address(op, p));
    bool changed = (!as_seen(look, c) && !test_omits("as_seen")) ||
                   (in->expected_total != INT64_MIN && c->price.total != in->expected_total) ||
                   (in->expected_due != INT64_MIN && c->price.due != in->expected_due) ||
                   (in->cart_version != INT64_MIN && c->version != in->cart_version);
    if (changed)
        return cart_changed(op, p);
    TRY(check_payment(op, p));
    return check_hoard(op, p);
}

static int64_t minutes_to_pay(const struct placing *p)
{
    const struct settings *s = &p->c.settings;
    if (p->method && strcmp(p->method, "card_to_card") == 0)
        return s->card_to_card_hours * 60;
    if (p->method && strcmp(p->method, "cod") == 0)
        return s->cod_hours * 60;
    return s->gateway_expiry_minutes;
}

/* Nothing left to pay: the order is paid in the same transaction. A transfer or cash is awaited from
 * now on; an attempt at a gateway begins when the buyer goes there. */
static void queue_payment(struct op *op, const struct placing *p, int64_t id)
{
    const struct price *price = &p->c.price;
    if (price->due > 0) {
        if (strcmp(p->method, "gateway") != 0)
            db_queue(op, Q_PAYMENT_OFFLINE, P_INT(id), P_INT(p->in->customer), P_TEXT(p->method), P_INT(price->due));
        return;
    }
    struct order_facts o = { .id = id, .subtotal = price->subtotal, .discount = price->discount, .shipping = price->shipping,
        .tax = price->tax, .total = price->total, .prices_include_tax = price->prices_include_tax };
    if (price->wallet)
        db_queue(op, Q_WALLET_CAPTURE, P_INT(id));
    order_post_capture(op, &o, "wallet", price->wallet, 0, 0);
    db_queue(op, Q_ORDER_MOVE, P_INT(id), P_INT(1), P_TEXT("capture"), P_TEXT("paid"), P_NULL);
    outbox_add(op, "invoice_seal", "soon", NULL, 1);
}

static void queue_writes(struct op *op, const struct placing *p, int64_t id)
{
    const struct place_in *in = p->in;
    const struct checkout *c = &p->c;
    db_queue(op, Q_ORDER_INSERT, P_INT(id), P_INT(in->customer), P_INT(in->cart), P_INT(c->version),
             P_TEXT(snapshot_money(op, &c->price)), P_TEXT(snapshot_facts(op, in, c, &p->buyer->rows, p->method)),
             P_TEXT(snapshot_lines(op, c)), P_TEXT(in->fingerprint), P_INT(minutes_to_pay(p)));
    if (c->price.notes & PRICE_COUPON_USED)
        db_queue(op, Q_COUPON_TAKE, P_INT(c->coupon.id), P_INT(in->customer), P_INT(c->coupon.free_seq),
                 P_OPT_INT(c->coupon.per_customer_limit), P_INT(id));
    if (c->price.wallet)
        db_queue(op, Q_WALLET_HOLD, P_INT(id), P_INT(in->customer), P_INT(c->price.wallet));
    queue_payment(op, p, id);
    struct view *payload = view_new(op->arena);
    view_int(payload, "order_id", id);
    view_text(payload, "message", !c->price.due ? "order_paid" : in->message ? in->message : "order_placed");
    outbox_add(op, "order_message", arena_printf(op->arena, "placed:%lld", (long long)id), payload, 0);
}

/* The cart is not what the buyer saw: an equal request may have stood before this one in the queue. */
static enum err placed_by_twin(struct op *op, const struct placing *p, struct placed *out)
{
    const struct place_in *in = p->in;
    struct place_look again;
    if (p->c.n > 0 && (in->cart_version == INT64_MIN || in->cart_version == p->c.version))
        return ERR_OK;
    TRY(order_place_look(op, in, &again));
    if (again.placed)
        *out = (struct placed){ .id = again.placed, .number = again.number, .before = true };
    return ERR_OK;
}

enum err order_place(struct op *op, const struct place_in *in, const struct place_look *look, struct placed *out)
{
    struct placing p = { .in = in };
    *out = (struct placed){ 0 };
    TRY(read_facts(op, look, &p));
    TRY(placed_by_twin(op, &p, out));
    if (out->before)
        return ERR_OK;
    TRY(check(op, look, &p));
    *out = (struct placed){ .id = row_int(&p.id->rows, 0, "id"), .number = row_text(&p.id->rows, 0, "number"),
                            .due = p.c.price.due };
    queue_writes(op, &p, out->id);
    metrics_add(METRIC_ORDERS_PLACED, 0, 1);
    return ERR_OK;
}
