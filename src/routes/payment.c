/* Paying: the way to the bank, and the buyer's way back. */
#include "routes/handlers.h"

#include <string.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/log.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/payment.h"

struct payment_process_in {
    const char *order, *gateway, *return_url;
};
static const struct field payment_process_fields[] = {
    FIELD(F_DIGITS, payment_process_in, order, .min = 1, .max = 20, .flags = F_REQUIRED, .doc = "order number"),
    FIELD(F_TEXT, payment_process_in, gateway, .max = 40),
    FIELD(F_TEXT, payment_process_in, return_url, .max = 500, .doc = "a page of this shop"),
};
const struct schema payment_process_in = SCHEMA(payment_process_in, payment_process_fields);

/* Browsers pass over control characters and take a backslash for a slash. */
static bool is_plain(const char *url)
{
    for (; *url; url++)
        if ((unsigned char)*url <= ' ' || *url == '\\' || *url == 0x7f)
            return false;
    return true;
}

/* Only pages of the shop itself may be named. */
static bool return_url_allowed(const struct op *op, const char *url)
{
    const char *base = op->conf->shop_base_url;
    size_t n = strlen(base);
    if (url && !is_plain(url))
        return false;
    return !url || (url[0] == '/' && url[1] != '/') ||
           (strncmp(url, base, n) == 0 && (url[n] == '/' || url[n] == '\0'));
}

enum err payment_process_post(struct request *req)
{
    const struct payment_process_in *in = req->input;
    struct payment_started started;
    if (!return_url_allowed(&req->op, in->return_url)) {
        err_field(&req->op, "/return_url", "not_one_of", NULL);
        return ERR_INVALID_FIELD;
    }
    TRY(payment_start(&req->op, in->order, req->principal.id, in->gateway, in->return_url, &started));
    view_text(req->reply.view, "payment_id", started.uuid);
    view_text(req->reply.view, "redirect_url", started.redirect_url);
    reply_created(req, req->accept == ACCEPT_HTML ? started.redirect_url
                                                  : arena_printf(req->op.arena, "/payments/%s", started.uuid));
    return ERR_OK;
}

struct wallet_topup_in {
    int64_t amount;
    const char *gateway, *return_url;
};
static const struct field topup_fields[] = {
    FIELD(F_INT, wallet_topup_in, amount, .min = 1, .max = INT64_C(1000000000000), .flags = F_REQUIRED, .doc = "Toman"),
    FIELD(F_TEXT, wallet_topup_in, gateway, .max = 40),
    FIELD(F_TEXT, wallet_topup_in, return_url, .max = 500, .doc = "a page of this shop"),
};
const struct schema topup_in = SCHEMA(wallet_topup_in, topup_fields);

enum err wallet_topup_post(struct request *req)
{
    const struct wallet_topup_in *in = req->input;
    struct payment_started started;
    if (!return_url_allowed(&req->op, in->return_url)) {
        err_field(&req->op, "/return_url", "not_one_of", NULL);
        return ERR_INVALID_FIELD;
    }
    struct topup_in topup = { .customer = req->principal.id, .amount = in->amount, .gateway = in->gateway, .return_url = in->return_url };
    TRY(payment_topup(&req->op, &topup, &started));
    view_text(req->reply.view, "payment_id", started.uuid);
    view_text(req->reply.view, "redirect_url", started.redirect_url);
    reply_created(req, req->accept == ACCEPT_HTML ? started.redirect_url
                                                  : arena_printf(req->op.arena, "/payments/%s", started.uuid));
    return ERR_OK;
}

enum err payment_get(struct request *req)
{
    struct rows r;
    TRY(db_query(&req->op, &r, Q_PAYMENT_OWN, P_TEXT(req->vars[0]), P_INT(req->principal.id)));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    req->reply.resource = "payment";
    req->reply.resource_id = row_int(&r, 0, "id");
    return ERR_OK;
}

/* The buyer's browser comes back, by GET or with a form of the bank's. What it brings is only a hint to
 * ask the bank; what the bank says counts, and a bank that does not answer leaves the rest to the
 * reconciler. */
enum err payment_callback(struct request *req)
{
    int64_t id;
    const char *result_token;
    enum settle_outcome outcome;
    TRY(payment_by_callback(&req->op, req->vars[0], &id, &result_token));
    if (!id)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    enum err e = payment_settle(&req->op, id, &outcome);
    if (e) {
        log_event(LOG_WARNING, "callback could not settle", LOG_S("error", err_slug(e)), LOG_I("payment", id),
                  LOG_S("internal", req->errinfo.internal));
        err_clear(&req->op);
    }
    reply_redirect(req, arena_printf(req->op.arena, "/payment/result/%s", result_token));
    req->reply.status = 303; /* whatever it says that it accepts: it is a browser on its way */
    return ERR_OK;
}

enum err payment_result_get(struct request *req)
{
    struct rows r;
    const char *error = NULL;
    TRY(db_query(&req->op, &r, Q_PAYMENT_RESULT, P_TEXT(req->vars[0])));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    req->reply.view = view_parse(req->op.arena, str_of(row_text(&r, 0, "result")), 16, &error);
    return ERR_OK;
}
