/* Logging in by phone and code, and out again. */
#include "routes/identity.h"

#include <string.h>

#include "auth/customer.h"
#include "auth/otp.h"
#include "auth/pow.h"
#include "auth/session.h"
#include "auth/ticket.h"
#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "db/tx.h"
#include "http/percent.h"
#include "shop/cart.h"

struct otp_request_in {
    const char *phone, *next;
};
static const struct field otp_request_fields[] = {
    FIELD(F_PHONE, otp_request_in, phone, .flags = F_REQUIRED, .doc = "mobile number in any spelling"),
    FIELD(F_TEXT, otp_request_in, next, .max = 500, .doc = "browsers: page to go on to"),
};
const struct schema otp_request_in = SCHEMA(otp_request_in, otp_request_fields);

struct otp_verify_in {
    const char *challenge_id, *phone, *code, *next;
};
static const struct field otp_verify_fields[] = {
    FIELD(F_UUID, otp_verify_in, challenge_id, .flags = F_REQUIRED),
    FIELD(F_PHONE, otp_verify_in, phone, .flags = F_REQUIRED),
    FIELD(F_DIGITS, otp_verify_in, code, .min = 1, .max = 8, .flags = F_REQUIRED, .doc = "as in the SMS"),
    FIELD(F_TEXT, otp_verify_in, next, .max = 500),
};
const struct schema otp_verify_in = SCHEMA(otp_verify_in, otp_verify_fields);

static const struct field login_query_fields[] = {
    FIELD(F_TEXT, login_query, next, .max = 500),
    FIELD(F_TEXT, login_query, step, .max = 10),
    FIELD(F_UUID, login_query, challenge, .max = 40),
    FIELD(F_PHONE, login_query, phone, .max = 20),
    FIELD(F_INT, login_query, resend_after, .max = 86400),
};
const struct schema login_query = SCHEMA(login_query, login_query_fields);

const char *identity_altcha(const struct request *req)
{
    const char *altcha = req->tree ? view_get_text(req->tree, "altcha") : NULL;
    return altcha && *altcha ? altcha : NULL;
}

/* Starts with one '/', not with "//" or "/\", which browsers read as another host. */
const char *identity_next(const char *next, const char *otherwise)
{
    if (!next || next[0] != '/' || next[1] == '/' || next[1] == '\\')
        return otherwise;
    for (const char *p = next; *p; p++)
        if ((unsigned char)*p < ' ' || *p == '\\')
            return otherwise;
    return next;
}

void identity_set_cookies(struct request *req, const struct session_tokens *tokens)
{
    reply_cookie(req, COOKIE_ACCESS, tokens->access, tokens->access_seconds);
    reply_cookie(req, COOKIE_REFRESH, tokens->refresh, tokens->refresh_seconds);
}

void identity_drop_cookies(struct request *req)
{
    reply_cookie(req, COOKIE_ACCESS, "", -1);
    reply_cookie(req, COOKIE_REFRESH, "", -1);
}

/* Browsers without JavaScript wait instead of solving: their form carries a ticket. */
enum err identity_offer_ticket(struct request *req, struct view *view)
{
    const char *ticket;
    TRY(ticket_new(&req->op, &ticket));
    struct view *offer = view_object(view, "captcha");
    view_text(offer, "ticket", ticket);
    view_int(offer, "seconds", TICKET_WAIT_SECONDS);
    return ERR_OK;
}

/* What a person can put right stays on the log-in page; anything else is the pipeline's. */
static enum err back_to_form(struct request *req, enum err e, const char *phone, const char *challenge,
                             const char *next)
{
    bool theirs = e == ERR_RATE_LIMITED || e == ERR_CAPTCHA_INVALID || e == ERR_CODE_INVALID;
    if (req->accept != ACCEPT_HTML || !theirs)
        return e;
    struct view *view = view_new(req->op.arena), *problem = view_object(view, "problem");
    view_text(problem, "code", err_slug(e));
    view_text(problem, "title", err_title(e, req->op.lang));
    view_text(problem, "detail", req->errinfo.detail);
    view_int(problem, "retry_after", req->errinfo.retry_after);
    if (req->errinfo.params && view_get_bool(req->errinfo.params, "captcha"))
        TRY(identity_offer_ticket(req, view));
    view_text(view, "phone", phone);
    view_text(view, "challenge_id", challenge);
    view_text(view, "next", next);
    req->reply.view = view;
    req->reply.status = err_status(e);
    req->reply.template = "login";
    req->reply.retry_after = req->errinfo.retry_after;
    return ERR_OK;
}

static const char *code_page(struct request *req, const struct otp_request_in *in,
                             const struct otp_challenge *challenge)
{
    struct arena *a = req->op.arena;
    const char *next = identity_next(in->next, NULL);
    return arena_printf(a, "/login?step=code&challenge=%s&phone=%s&resend_after=%lld%s%s", challenge->id,
                        percent_encode(a, in->phone), (long long)challenge->resend_after,
                        next ? "&next=" : "", next ? percent_encode(a, next) : "");
}

enum err auth_request_otp(struct request *req)
{
    struct otp_request_in *in = req->input;
    struct otp_wanted wanted = { .phone = in->phone, .purpose = OTP_LOGIN };
    struct otp_challenge challenge;
    enum err e = ERR_OK;
    if (identity_altcha(req)) {
        e = pow_redeem(&req->op, identity_altcha(req));
        wanted.captcha = e == ERR_OK;
    }
    if (!e)
        e = otp_request(&req->op, &wanted, &challenge);
    if (e)
        return back_to_form(req, e, in->phone, NULL, in->next);
    req->reply.status = 202;
    req->reply.view = view_new(req->op.arena);
    view_text(req->reply.view, "challenge_id", challenge.id);
    view_int(req->reply.view, "resend_after", challenge.resend_after);
    view_int(req->reply.view, "expires_in", challenge.expires_in);
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, code_page(req, in, &challenge));
    return ERR_OK;
}

struct login {
    struct request *req;
    const char *phone;
    struct otp_proof proof;
    struct session_tokens tokens;
    struct view *notices;
};

/* Uses the code, finds or makes the customer, takes over the guest's cart, opens the session. */
static enum err log_in(struct op *op, void *arg)
{
    struct login *login = arg;
    const struct request *req = login->req;
    int64_t customer;
    bool fresh;
    login->notices = view_new_array(op->arena);
    TRY(otp_take(op, &login->proof));
    TRY(customer_ensure(op, login->phone, &customer, &fresh));
    if (req->principal.cart_id && req->principal.kind != ACTOR_CUSTOMER)
        TRY(cart_merge(op, req->principal.cart_id, customer, login->notices));
    TRY(session_end_by_token(op, request_cookie(req, COOKIE_REFRESH)));
    TRY(session_open(op, ACTOR_CUSTOMER, customer, request_header(req, "User-Agent"), &login->tokens));
    return customer_logged_in(op, customer);
}

static void answer_tokens(struct request *req, const struct session_tokens *tokens, const char *next)
{
    struct view *view = view_new(req->op.arena);
    req->reply.view = view;
    if (req->accept == ACCEPT_HTML) {
        identity_set_cookies(req, tokens);
        reply_redirect(req, next);
        return;
    }
    view_text(view, "access_token", tokens->access);
    view_text(view, "token_type", "Bearer");
    view_int(view, "expires_in", tokens->access_seconds);
    view_text(view, "refresh_token", tokens->refresh);
}

enum err auth_verify_otp(struct request *req)
{
    struct otp_verify_in *in = req->input;
    struct login login = { .req = req, .phone = in->phone };
    enum err e = otp_try(&req->op, in->challenge_id, in->phone, in->code, OTP_LOGIN, 0, &login.proof);
    if (!e)
        e = db_tx(&req->op, log_in, &login);
    if (e)
        return back_to_form(req, e, in->phone, in->challenge_id, in->next);
    answer_tokens(req, &login.tokens, identity_next(in->next, "/"));
    if (req->accept == ACCEPT_JSON)
        view_attach(req->reply.view, "cart_notices", login.notices);
    if (req->principal.cart_token)
        reply_cookie(req, COOKIE_CART, "", -1);
    return ERR_OK;
}

enum err login_page(struct request *req)
{
    const struct login_query *q = req->params;
    const char *next = identity_next(q->next, NULL);
    struct view *view = view_new(req->op.arena);
    bool code = q->step && strcmp(q->step, "code") == 0 && q->challenge && q->phone;
    req->reply.view = view;
    if (req->principal.kind == ACTOR_CUSTOMER) {
        reply_redirect(req, next ? next : "/account");
        return ERR_OK;
    }
    view_text(view, "step", code ? "code" : "phone");
    view_text(view, "challenge_id", code ? q->challenge : NULL);
    view_text(view, "phone", q->phone);
    view_text(view, "next", next);
    if (code)
        view_int(view, "resend_after", q->resend_after == INT_ABSENT ? 0 : q->resend_after);
    return ERR_OK;
}

struct refresh_in {
    const char *refresh_token;
};
static const struct field refresh_fields[] = {
    FIELD(F_SECRET, refresh_in, refresh_token, .max = 4000, .doc = "browsers: their cookie instead"),
};
const struct schema refresh_in = SCHEMA(refresh_in, refresh_fields);

enum err auth_refresh(struct request *req)
{
    const struct refresh_in *in = req->input;
    struct session_tokens tokens;
    bool by_cookie = !in->refresh_token;
    const char *token = by_cookie ? request_cookie(req, COOKIE_REFRESH) : in->refresh_token;
    TRY(session_refresh(&req->op, token, &tokens));
    answer_tokens(req, &tokens, "/");
    if (by_cookie && req->accept == ACCEPT_JSON) {
        identity_set_cookies(req, &tokens);
        view_remove(req->reply.view, "access_token"); /* scripts never see a browser's tokens */
        view_remove(req->reply.view, "refresh_token");
    }
    return ERR_OK;
}

struct logout_in {
    const char *refresh_token, *next;
};
static const struct field logout_fields[] = {
    FIELD(F_SECRET, logout_in, refresh_token, .max = 4000),
    FIELD(F_TEXT, logout_in, next, .max = 500),
};
const struct schema logout_in = SCHEMA(logout_in, logout_fields);

enum err auth_logout(struct request *req)
{
    const struct logout_in *in = req->input;
    const char *next = in ? in->next : NULL;
    TRY(session_end_by_token(&req->op, in ? in->refresh_token : NULL));
    TRY(session_end_by_token(&req->op, request_cookie(req, COOKIE_REFRESH)));
    if (req->principal.session_id)
        TRY(session_end(&req->op, req->principal.session_id, "logout"));
    if (req->accept == ACCEPT_HTML || req->principal.by_cookie)
        identity_drop_cookies(req);
    req->reply.view = view_new(req->op.arena);
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, identity_next(next, req->principal.kind == ACTOR_STAFF ? "/admin/login" : "/"));
    return ERR_OK;
}

enum err auth_logout_all(struct request *req)
{
    TRY(session_end_all(&req->op, req->principal.kind, req->principal.id, 0, "logout_all"));
    identity_drop_cookies(req);
    req->reply.view = view_new(req->op.arena);
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, "/");
    return ERR_OK;
}

enum err auth_challenge(struct request *req)
{
    req->reply.view = view_new(req->op.arena);
    return pow_challenge(&req->op, req->reply.view);
}
