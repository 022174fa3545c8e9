/* Quoting and placing. */
#include "routes/handlers.h"

#include <string.h>

#include "auth/address.h"
#include "core/arena.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "http/problem.h"
#include "proc/scoreboard.h"
#include "routes/fingerprint.h"
#include "shop/cart.h"
#include "shop/checkout.h"
#include "shop/order_place.h"

struct checkout_in_body {
    struct address_change *address;
    int64_t address_id, expected_total, expected_due, cart_version;
    const char *shipping_method, *payment_method, *note;
    int use_wallet, gift;
};
#define CHECKOUT_FIELDS                                                                                             \
    FIELD(F_OBJECT, checkout_in_body, address, .sub = &address_change_schema),                                         \
        FIELD(F_INT, checkout_in_body, address_id, .min = 1, .max = INT64_MAX, .doc = "one of the customer's own"),    \
        FIELD(F_TEXT, checkout_in_body, shipping_method, .max = 40),                                                   \
        FIELD(F_ENUM, checkout_in_body, payment_method, .choices = " gateway wallet card_to_card cod "),               \
        FIELD(F_BOOL, checkout_in_body, use_wallet), FIELD(F_LONGTEXT, checkout_in_body, note, .max = 500),              \
        FIELD(F_BOOL, checkout_in_body, gift, .doc = "the packing slip shows no prices")

static const struct field checkout_fields[] = { CHECKOUT_FIELDS };
const struct schema checkout_in = { .name = "checkout_in", .size = sizeof(struct checkout_in_body), .fields = checkout_fields,
                                    .count = sizeof(checkout_fields) / sizeof(checkout_fields[0]) };

#define MONEY_LIMIT INT64_C(1000000000000000)
static const struct field order_place_fields[] = {
    CHECKOUT_FIELDS,
    FIELD(F_INT, checkout_in_body, expected_total, .min = 0, .max = MONEY_LIMIT, .flags = F_REQUIRED, .doc = "the total that the buyer saw"),
    FIELD(F_INT, checkout_in_body, expected_due, .min = 0, .max = MONEY_LIMIT),
    FIELD(F_INT, checkout_in_body, cart_version, .min = 1, .max = INT64_MAX),
};
const struct schema order_place_in = { .name = "order_place_in", .size = sizeof(struct checkout_in_body), .fields = order_place_fields,
                                       .count = sizeof(order_place_fields) / sizeof(order_place_fields[0]) };

/* What the schema cannot say of an address that was typed in. */
static enum err check_typed(struct request *req, const struct checkout_in_body *in)
{
    return in->address ? address_check(&req->op, &in->address->address, "/address") : ERR_OK;
}

/* The address as it is frozen into the order: one typed in, or one of the customer's own. */
static enum err address_of(struct request *req, const struct checkout_in_body *in, struct view **out)
{
    struct op *op = &req->op;
    struct address a = { 0 };
    *out = NULL;
    if (in->address_id != INT_ABSENT && req->principal.kind != ACTOR_CUSTOMER)
        return err_set(op, ERR_NOT_FOUND, NULL);
    if (in->address_id != INT_ABSENT)
        TRY(address_get(op, req->principal.id, in->address_id, &a));
    else if (in->address)
        a = in->address->address;
    else
        return ERR_OK;
    *out = view_new(op->arena);
    address_view(&a, *out);
    return ERR_OK;
}

static struct checkout_in facts_of(const struct request *req, const struct checkout_in_body *in, const struct view *address)
{
    bool customer = req->principal.kind == ACTOR_CUSTOMER;
    return (struct checkout_in){ .cart = req->principal.cart_id, .customer = customer ? req->principal.id : 0,
        .province = address ? view_get_text(address, "province") : NULL, .shipping_method = in->shipping_method,
        .payment_method = in->payment_method,
        .use_wallet = customer && (in->use_wallet == 1 || (in->payment_method && strcmp(in->payment_method, "wallet") == 0)) };
}

enum err quote_post(struct request *req)
{
    const struct checkout_in_body *in = req->input;
    struct view *address;
    struct checkout c;
    TRY(check_typed(req, in));
    TRY(address_of(req, in, &address));
    struct checkout_in facts = facts_of(req, in, address);
    TRY(checkout_load(&req->op, &facts, &c));
    if (in->shipping_method && !c.method) /* a total without it would not be what the order costs */
        return err_set(&req->op, ERR_SHIPPING_METHOD_UNAVAILABLE, NULL);
    checkout_view(&req->op, &c, req->reply.view);
    return ERR_OK;
}

/* ---- the page: what was typed is kept with the cart between its steps ---- */

/* Takes out what the errors point at: "/address/phone", "/shipping_method". */
static void drop_faulty(struct view *form, const struct field_error *f)
{
    static const char inside[] = "/address/";
    for (; f; f = f->next) {
        bool nested = strncmp(f->pointer, inside, sizeof(inside) - 1) == 0;
        struct view *holder = nested ? view_get(form, "address") : form;
        const char *name = f->pointer + (nested ? sizeof(inside) - 1 : f->pointer[0] == '/');
        if (holder && view_has(holder, name))
            view_remove(holder, name);
    }
}

static struct view *kept_form(struct op *op, const struct rows *r)
{
    const char *error;
    struct view *form = r->count && !row_null(r, 0, "form") ? view_parse(op->arena, str_of(row_text(r, 0, "form")), 8, &error) : NULL;
    return form ? form : view_new(op->arena);
}

/* Half-typed is fine: `form` is what was typed, `in` what of it can be read. */
static enum err read_form(struct request *req, struct checkout_in_body **in, struct view **form)
{
    struct rows r;
    void *decoded = NULL;
    TRY(db_query(&req->op, &r, Q_CART_ROW, P_INT(req->principal.cart_id)));
    *form = kept_form(&req->op, &r);
    struct view *readable = kept_form(&req->op, &r);
    if (schema_decode(&req->op, &checkout_in, readable, NULL, 0, &decoded) != ERR_OK) {
        drop_faulty(readable, req->errinfo.fields);
        err_clear(&req->op);
        req->errinfo.fields = NULL;
        TRY(schema_decode(&req->op, &checkout_in, readable, NULL, 0, &decoded));
    }
    *in = decoded;
    return ERR_OK;
}

enum err checkout_page(struct request *req)
{
    struct checkout_in_body *in;
    struct view *form, *address, *out = req->reply.view;
    struct checkout c;
    struct rows provinces;
    TRY(read_form(req, &in, &form));
    enum err e = address_of(req, in, &address);
    if (e == ERR_NOT_FOUND) /* archived since it was chosen: another one is asked for */
        err_clear(&req->op);
    else
        TRY(e);
    struct checkout_in facts = facts_of(req, in, address);
    struct queued *list = db_queue(&req->op, Q_PROVINCES, P_TEXT(lang_code(req->op.lang)));
    TRY(checkout_load(&req->op, &facts, &c));
    provinces = list->rows;
    checkout_view(&req->op, &c, view_object(out, "quote"));
    view_json(out, "provinces", row_text(&provinces, 0, "items"));
    view_attach(out, "form", form);
    return address_list(&req->op, req->principal.id, out);
}

enum err checkout_keep_post(struct request *req)
{
    struct cart_owner owner = { .cart = req->principal.cart_id, .customer = req->principal.id };
    if (!owner.cart)
        return err_set(&req->op, ERR_CART_EMPTY, NULL);
    TRY(cart_keep_form(&req->op, &owner, req->tree));
    reply_redirect(req, "/checkout");
    return ERR_OK;
}

/* ---- a refused form is shown again, with what was typed ---- */

static const char *const not_kept[] = { "_method", "_idempotency_key", "altcha", "expected_total", "expected_due", "cart_version" };

static enum err keep_typed(struct op *op, void *arg)
{
    struct request *req = arg;
    struct cart_owner owner = { .cart = req->principal.cart_id, .customer = req->principal.id };
    for (size_t i = 0; i < sizeof(not_kept) / sizeof(not_kept[0]); i++)
        if (view_has(req->tree, not_kept[i]))
            view_remove(req->tree, not_kept[i]);
    return cart_keep_form(op, &owner, req->tree);
}

/* What is put right in the form itself; the others have a page that leads on (cart, orders, captcha). */
static bool put_right_here(enum err e)
{
    static const enum err here[] = { ERR_INVALID_FIELD, ERR_CART_CHANGED, ERR_SHIPPING_METHOD_UNAVAILABLE,
                                     ERR_PAYMENT_METHOD_UNAVAILABLE, ERR_WALLET_SHORT };
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
        if (here[i] == e)
            return true;
    return false;
}

enum err checkout_again(struct request *req, enum err e)
{
    int status = err_status(e);
    if (!req->principal.cart_id || (status != 409 && status != 422 && status != 429))
        return e;
    struct errinfo refused = req->errinfo;
    struct view *problem = problem_view(&req->op, e);
    view_null(problem, "detail"); /* the title says it */
    req->errinfo = (struct errinfo){ 0 };
    req->reply.view = view_new(req->op.arena);
    enum err kept = db_tx(&req->op, keep_typed, req);
    if (kept == ERR_OK && put_right_here(e))
        kept = checkout_page(req);
    req->errinfo = refused;
    if (kept || !put_right_here(e))
        return e;
    metrics_add(METRIC_ERRORS, e, 1);
    view_attach(req->reply.view, "problem", problem);
    req->reply.template = "checkout";
    req->reply.status = status;
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
    struct placed placed;
    if (!req->principal.cart_id)
        return err_set(op, ERR_CART_EMPTY, NULL);
    TRY(check_typed(req, in));
    TRY(address_of(req, in, &address));
    struct checkout_in facts = facts_of(req, in, address);
    struct place_in place = { .cart = facts.cart, .customer = facts.customer, .address = address,
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
