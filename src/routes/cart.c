/* The cart and its coupon. */
#include "routes/handlers.h"

#include <stdlib.h>

#include "auth/rate.h"
#include "core/arena.h"
#include "db/tx.h"
#include "shop/cart.h"
#include "shop/coupon.h"

#define CART_COOKIE_SECONDS (60 * 86400)

struct cart_add_in {
    int64_t variant_id, quantity;
};
static const struct field cart_add_fields[] = {
    FIELD(F_INT, cart_add_in, variant_id, .min = 1, .max = INT64_MAX, .flags = F_REQUIRED),
    FIELD(F_INT, cart_add_in, quantity, .min = 1, .max = 1000),
};
const struct schema cart_add_in = SCHEMA(cart_add_in, cart_add_fields);

struct cart_set_in {
    int64_t quantity;
};
static const struct field cart_set_fields[] = {
    FIELD(F_INT, cart_set_in, quantity, .min = 0, .max = 1000, .flags = F_REQUIRED, .doc = "0 removes the line"),
};
const struct schema cart_set_in = SCHEMA(cart_set_in, cart_set_fields);

struct coupon_apply_in {
    const char *code;
};
static const struct field coupon_apply_fields[] = {
    FIELD(F_CODE, coupon_apply_in, code, .min = 1, .max = 64, .flags = F_REQUIRED),
};
const struct schema coupon_apply_in = SCHEMA(coupon_apply_in, coupon_apply_fields);

static struct cart_owner owner_of(const struct request *req)
{
    return (struct cart_owner){ .cart = req->principal.cart_id,
                                .customer = req->principal.kind == ACTOR_CUSTOMER ? req->principal.id : 0 };
}

/* The first change makes the cart; a guest learns its name by a cookie. */
static enum err make_cart(struct request *req, struct cart_owner *owner)
{
    const char *token;
    *owner = owner_of(req);
    TRY(cart_make(&req->op, owner, &token));
    if (token)
        reply_cookie(req, COOKIE_CART, token, CART_COOKIE_SECONDS);
    return ERR_OK;
}

static enum err answer(struct request *req, const struct cart_owner *owner)
{
    req->reply.location = req->accept == ACCEPT_HTML ? "/cart" : NULL;
    return cart_view(&req->op, owner, req->reply.view);
}

static int64_t variant_of(const struct request *req)
{
    int64_t id = 0;
    return str_int(str_of(req->vars[0]), &id) ? id : 0;
}

enum err cart_get(struct request *req)
{
    struct cart_owner owner = owner_of(req);
    return cart_view(&req->op, &owner, req->reply.view);
}

enum err cart_add_post(struct request *req)
{
    const struct cart_add_in *in = req->input;
    struct cart_owner owner;
    TRY(make_cart(req, &owner));
    req->principal.cart_id = owner.cart;
    TRY(cart_add(&req->op, &owner, in->variant_id, in->quantity == INT_ABSENT ? 1 : in->quantity));
    return answer(req, &owner);
}

enum err cart_set_patch(struct request *req)
{
    const struct cart_set_in *in = req->input;
    struct cart_owner owner = owner_of(req);
    if (!owner.cart)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    TRY(cart_set(&req->op, &owner, variant_of(req), in->quantity));
    return answer(req, &owner);
}

/* The simple changes of one line, or of the cart itself. */
static enum err change(struct request *req, enum err (*how)(struct op *, const struct cart_owner *, int64_t))
{
    struct cart_owner owner = owner_of(req);
    if (!owner.cart)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    TRY(how(&req->op, &owner, variant_of(req)));
    return answer(req, &owner);
}

enum err cart_remove_delete(struct request *req) { return change(req, cart_remove); }
enum err cart_save_post(struct request *req) { return change(req, cart_save); }
enum err cart_restore_post(struct request *req) { return change(req, cart_restore); }
enum err cart_forget_delete(struct request *req) { return change(req, cart_forget); }

enum err cart_seen_post(struct request *req)
{
    struct cart_owner owner = owner_of(req);
    if (owner.cart)
        TRY(cart_seen(&req->op, &owner));
    return answer(req, &owner);
}

struct apply {
    struct request *req;
    struct cart_owner owner;
};

static enum err put_coupon(struct op *op, void *arg)
{
    struct apply *a = arg;
    const struct coupon_apply_in *in = a->req->input;
    TRY(make_cart(a->req, &a->owner));
    return cart_coupon(op, &a->owner, in->code);
}

/* Only codes that are not valid count against the address and the cart; right ones never do. */
static enum err refused(struct request *req, enum err why)
{
    struct op *op = &req->op;
    struct errinfo kept = req->errinfo;
    err_clear(op);
    TRY(rate_failure(op, RATE_COUPON, rate_address(op)));
    if (req->principal.cart_id)
        TRY(rate_failure(op, RATE_COUPON, rate_cart(op, req->principal.cart_id)));
    req->errinfo = kept;
    return why;
}

enum err coupon_apply_post(struct request *req)
{
    const struct coupon_apply_in *in = req->input;
    struct op *op = &req->op;
    struct apply a = { .req = req };
    const char *altcha = identity_altcha(req);
    TRY(rate_guard(op, RATE_COUPON, rate_address(op), altcha));
    if (req->principal.cart_id)
        TRY(rate_guard(op, RATE_COUPON, rate_cart(op, req->principal.cart_id), altcha));
    enum err e = coupon_check(op, in->code, owner_of(req).customer);
    if (e == ERR_COUPON_INVALID)
        return refused(req, e);
    if (e)
        return e;
    TRY(db_tx(op, put_coupon, &a));
    req->principal.cart_id = a.owner.cart;
    return answer(req, &a.owner);
}

enum err coupon_drop_delete(struct request *req)
{
    struct cart_owner owner = owner_of(req);
    if (owner.cart)
        TRY(cart_coupon(&req->op, &owner, NULL));
    return answer(req, &owner);
}
