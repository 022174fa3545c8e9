/* The checkout's page: what was typed is kept with the cart between its steps, and a refused form is shown again. */
#include "routes/handlers.h"

#include <string.h>

#include "auth/address.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "http/problem.h"
#include "routes/checkout_input.h"
#include "shop/cart.h"

/* Takes out what the errors point at: "/address/phone", "/shipping_method". */
static void drop_faulty(struct view *form, const struct field_error *f)
{
    static const char *const nests[] = { "address", "invoice_to" };
    for (; f; f = f->next) {
        const char *name = f->pointer + (f->pointer[0] == '/');
        struct view *holder = form;
        for (size_t i = 0; i < sizeof(nests) / sizeof(nests[0]); i++) {
            size_t n = strlen(nests[i]);
            if (strncmp(name, nests[i], n) != 0 || name[n] != '/')
                continue;
            holder = view_get(form, nests[i]);
            name += n + 1;
            break;
        }
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
    struct view *form, *address, *last, *out = req->reply.view;
    struct checkout c;
    struct rows provinces, notices;
    TRY(read_form(req, &in, &form));
    enum err e = checkout_input_address(req, in, &address);
    if (e == ERR_NOT_FOUND) /* archived since it was chosen: another one is asked for */
        err_clear(&req->op);
    else
        TRY(e);
    struct checkout_in facts = checkout_input_facts(req, in, address);
    struct queued *list = db_queue(&req->op, Q_PROVINCES, P_TEXT(lang_code(req->op.lang)));
    struct queued *told = db_queue(&req->op, Q_CART_NOTICES, P_INT(req->principal.cart_id), P_TEXT(lang_code(req->op.lang)));
    TRY(checkout_load(&req->op, &facts, &c));
    provinces = list->rows;
    notices = told->rows;
    checkout_view(&req->op, &c, view_object(out, "quote"));
    view_json(out, "provinces", row_text(&provinces, 0, "items"));
    view_json(out, "notices", notices.count ? row_text(&notices, 0, "notices") : "[]");
    view_attach(out, "form", form);
    view_bool(out, "invoice_open", invoice_to_asked(in->invoice_to) || in->invoice_last == 1);
    TRY(invoice_to_last(&req->op, req->principal.id, &last));
    if (last)
        view_attach(out, "invoice_last", last);
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
