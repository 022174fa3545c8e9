/* A customer's account: proving who one is, another phone, taking one's data along, leaving. */
#include "routes/identity.h"

#include "auth/address.h"
#include "auth/customer.h"
#include "auth/otp.h"
#include "auth/pow.h"
#include "auth/session.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/tx.h"
#include "http/percent.h"

static const struct field security_query_fields[] = {
    FIELD(F_TEXT, security_query, step, .max = 10, .doc = "prove or phone: a code is on its way"),
    FIELD(F_UUID, security_query, challenge, .max = 40),
    FIELD(F_PHONE, security_query, phone, .max = 20, .doc = "the new number"),
    FIELD(F_INT, security_query, resend_after, .max = 86400),
};
const struct schema security_query = SCHEMA(security_query, security_query_fields);

struct prove_in {
    const char *challenge_id, *code;
};
static const struct field prove_fields[] = {
    FIELD(F_UUID, prove_in, challenge_id, .doc = "absent: ask for a code to the account's phone"),
    FIELD(F_DIGITS, prove_in, code, .min = 1, .max = 8),
};
const struct schema prove_in = SCHEMA(prove_in, prove_fields);

struct phone_request_in {
    const char *phone;
};
static const struct field phone_request_fields[] = {
    FIELD(F_PHONE, phone_request_in, phone, .flags = F_REQUIRED, .doc = "the new number"),
};
const struct schema phone_request_in = SCHEMA(phone_request_in, phone_request_fields);

struct phone_change_in {
    const char *challenge_id, *phone, *code;
};
static const struct field phone_change_fields[] = {
    FIELD(F_UUID, phone_change_in, challenge_id, .flags = F_REQUIRED),
    FIELD(F_PHONE, phone_change_in, phone, .flags = F_REQUIRED),
    FIELD(F_DIGITS, phone_change_in, code, .min = 1, .max = 8, .flags = F_REQUIRED),
};
const struct schema phone_change_in = SCHEMA(phone_change_in, phone_change_fields);

#define PAGE "/account/security"

/* Where a browser stands on the way to another number or out: a code is awaited by `step`. */
static enum err security_view(struct request *req, const struct security_query *at)
{
    bool proved = false;
    struct view *profile = view_new(req->op.arena), *view = view_new(req->op.arena);
    TRY(session_proved(&req->op, req->principal.session_id, &proved));
    TRY(customer_view(&req->op, req->principal.id, profile));
    view_text(view, "phone", view_get_text(profile, "phone"));
    view_bool(view, "proved", proved);
    view_text(view, "challenge_id", at->challenge);
    view_text(view, "step", at->challenge ? at->step : NULL);
    view_text(view, "new_phone", at->phone);
    if (at->challenge)
        view_int(view, "resend_after", at->resend_after == INT_ABSENT ? 0 : at->resend_after);
    req->reply.view = view;
    return ERR_OK;
}

enum err account_security_page(struct request *req)
{
    return security_view(req, req->params);
}

/* What a person can put right stays on the page; anything else is the pipeline's. */
static enum err back_to_page(struct request *req, enum err e, const struct security_query *at)
{
    bool theirs = e == ERR_RATE_LIMITED || e == ERR_CAPTCHA_INVALID || e == ERR_CODE_INVALID || e == ERR_PROOF_REQUIRED ||
                  e == ERR_PHONE_TAKEN;
    if (req->accept != ACCEPT_HTML || !theirs)
        return e;
    const struct errinfo why = req->errinfo;
    err_clear(&req->op);
    TRY(security_view(req, at));
    struct view *problem = view_object(req->reply.view, "problem");
    view_text(problem, "code", err_slug(e));
    view_text(problem, "title", err_title(e, req->op.lang));
    view_text(problem, "detail", why.detail);
    if (why.params && view_get_bool(why.params, "captcha"))
        TRY(identity_offer_ticket(req, req->reply.view));
    req->reply.status = err_status(e);
    req->reply.template = "account_security";
    req->reply.retry_after = why.retry_after;
    return ERR_OK;
}

/* To the page with the field for the code. */
static void await_code(struct request *req, const char *step, const char *phone, const struct otp_challenge *challenge)
{
    struct arena *a = req->op.arena;
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, arena_printf(a, PAGE "?step=%s&challenge=%s&resend_after=%lld%s%s", step, challenge->id,
                                         (long long)challenge->resend_after, phone ? "&phone=" : "",
                                         phone ? percent_encode(a, phone) : ""));
}

static enum err captcha(struct request *req, bool *solved)
{
    *solved = identity_altcha(req) != NULL;
    return *solved ? pow_redeem(&req->op, identity_altcha(req)) : ERR_OK;
}

static void answer_challenge(struct request *req, const struct otp_challenge *challenge)
{
    req->reply.status = 202;
    req->reply.view = view_new(req->op.arena);
    view_text(req->reply.view, "challenge_id", challenge->id);
    view_int(req->reply.view, "resend_after", challenge->resend_after);
    view_int(req->reply.view, "expires_in", challenge->expires_in);
}

/* What changes an account's owner wants a code given in this session within ten minutes. */
static enum err must_be_proved(struct request *req)
{
    bool recently = false;
    TRY(session_proved(&req->op, req->principal.session_id, &recently));
    return recently ? ERR_OK : err_set(&req->op, ERR_PROOF_REQUIRED, NULL);
}

struct asking {
    struct otp_wanted wanted;
    struct otp_challenge challenge;
};

static enum err ask(struct op *op, void *arg)
{
    struct asking *a = arg;
    return otp_request(op, &a->wanted, &a->challenge);
}

struct proving {
    struct otp_proof proof;
    int64_t session_id;
};

static enum err prove(struct op *op, void *arg)
{
    struct proving *p = arg;
    TRY(otp_take(op, &p->proof));
    return session_prove(op, p->session_id);
}

static enum err ask_proof(struct request *req, const char *phone)
{
    struct asking a = { .wanted = { .phone = phone, .purpose = OTP_PROVE, .customer_id = req->principal.id } };
    enum err e = captcha(req, &a.wanted.captcha);
    if (!e)
        e = db_tx(&req->op, ask, &a);
    if (e)
        return back_to_page(req, e, &(struct security_query){ 0 });
    answer_challenge(req, &a.challenge);
    await_code(req, "prove", NULL, &a.challenge);
    return ERR_OK;
}

enum err account_prove(struct request *req)
{
    const struct prove_in *in = req->input;
    struct op *op = &req->op;
    struct view *profile = view_new(op->arena);
    TRY(customer_view(op, req->principal.id, profile));
    const char *phone = view_get_text(profile, "phone");
    if (!in->challenge_id || !in->code)
        return ask_proof(req, phone);
    struct proving p = { .session_id = req->principal.session_id };
    enum err e = otp_try(op, in->challenge_id, phone, in->code, OTP_PROVE, req->principal.id, &p.proof);
    if (!e)
        e = db_tx(op, prove, &p);
    if (e)
        return back_to_page(req, e, &(struct security_query){ .step = "prove", .challenge = in->challenge_id });
    req->reply.view = view_new(op->arena);
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, PAGE);
    return ERR_OK;
}

enum err account_phone_request(struct request *req)
{
    const struct phone_request_in *in = req->input;
    struct otp_wanted wanted = { .phone = in->phone, .purpose = OTP_PHONE, .customer_id = req->principal.id };
    struct otp_challenge challenge;
    enum err e = must_be_proved(req);
    if (!e)
        e = captcha(req, &wanted.captcha);
    if (!e)
        e = otp_request(&req->op, &wanted, &challenge);
    if (e)
        return back_to_page(req, e, &(struct security_query){ .phone = in->phone });
    answer_challenge(req, &challenge);
    await_code(req, "phone", in->phone, &challenge);
    return ERR_OK;
}

struct moving {
    struct otp_proof proof;
    const struct request *req;
    const char *phone;
};

static enum err move(struct op *op, void *arg)
{
    struct moving *m = arg;
    const struct principal *who = &m->req->principal;
    TRY(otp_take(op, &m->proof));
    TRY(customer_set_phone(op, who->id, m->phone));
    return session_end_all(op, ACTOR_CUSTOMER, who->id, who->session_id, "phone_changed");
}

enum err account_phone_change(struct request *req)
{
    const struct phone_change_in *in = req->input;
    struct moving m = { .req = req, .phone = in->phone };
    enum err e = must_be_proved(req);
    if (!e)
        e = otp_try(&req->op, in->challenge_id, in->phone, in->code, OTP_PHONE, req->principal.id, &m.proof);
    if (!e)
        e = db_tx(&req->op, move, &m);
    if (e)
        return back_to_page(req, e, &(struct security_query){ "phone", in->challenge_id, in->phone, 0 });
    req->reply.view = view_new(req->op.arena);
    TRY(customer_view(&req->op, req->principal.id, req->reply.view));
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, "/account");
    return ERR_OK;
}

enum err account_export(struct request *req)
{
    struct op *op = &req->op;
    struct view *out = view_new(op->arena);
    req->reply.view = out;
    TRY(customer_view(op, req->principal.id, view_object(out, "profile")));
    TRY(address_list(op, req->principal.id, view_object(out, "addresses")));
    TRY(session_list(op, ACTOR_CUSTOMER, req->principal.id, req->principal.session_id,
                     view_object(out, "sessions")));
    TRY(customer_export(op, req->principal.id, out));
    reply_header(req, "Content-Disposition", "attachment; filename=\"account.json\"");
    return ERR_OK;
}

enum err account_erase(struct request *req)
{
    enum err e = must_be_proved(req);
    if (e)
        return back_to_page(req, e, &(struct security_query){ 0 });
    TRY(customer_erase(&req->op, req->principal.id));
    identity_drop_cookies(req);
    req->reply.view = view_new(req->op.arena);
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, "/");
    return ERR_OK;
}
