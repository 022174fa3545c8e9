/* Staff logging in, and their own password. */
#include "routes/identity.h"

#include "auth/password.h"
#include "auth/session.h"
#include "auth/staff.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/tx.h"

struct staff_login_in {
    const char *username, *password, *otp, *next;
};
static const struct field staff_login_fields[] = {
    FIELD(F_TEXT, staff_login_in, username, .min = 1, .max = 40, .flags = F_REQUIRED),
    FIELD(F_SECRET, staff_login_in, password, .min = 1, .max = 800, .flags = F_REQUIRED),
    FIELD(F_DIGITS, staff_login_in, otp, .min = 1, .max = 8, .flags = F_REQUIRED, .doc = "of the authenticator app"),
    FIELD(F_TEXT, staff_login_in, next, .max = 500),
};
const struct schema staff_login_in = SCHEMA(staff_login_in, staff_login_fields);

struct opening {
    struct request *req;
    int64_t staff;
    struct session_tokens tokens;
};

static enum err open_session(struct op *op, void *arg)
{
    struct opening *o = arg;
    TRY(session_end_by_token(op, request_cookie(o->req, COOKIE_REFRESH)));
    return session_open(op, ACTOR_STAFF, o->staff, request_header(o->req, "User-Agent"), &o->tokens);
}

static enum err back_to_form(struct request *req, enum err e, const char *next)
{
    bool theirs = e == ERR_RATE_LIMITED || e == ERR_CAPTCHA_INVALID || e == ERR_LOGIN_INVALID;
    if (req->accept != ACCEPT_HTML || !theirs)
        return e;
    struct view *view = view_new(req->op.arena), *problem = view_object(view, "problem");
    view_text(problem, "code", err_slug(e));
    view_text(problem, "title", err_title(e, req->op.lang));
    if (e != ERR_LOGIN_INVALID)
        TRY(identity_offer_ticket(req, view));
    view_text(view, "next", next);
    req->reply.view = view;
    req->reply.status = err_status(e);
    req->reply.template = "admin_login";
    req->reply.retry_after = req->errinfo.retry_after;
    return ERR_OK;
}

enum err auth_staff_login(struct request *req)
{
    const struct staff_login_in *in = req->input;
    struct opening o = { .req = req };
    struct staff_login login = { in->username, in->password, in->otp, identity_altcha(req) };
    enum err e = staff_verify(&req->op, &login, &o.staff);
    if (!e)
        e = db_tx(&req->op, open_session, &o);
    if (e)
        return back_to_form(req, e, in->next);
    req->reply.view = view_new(req->op.arena);
    if (req->accept == ACCEPT_HTML) {
        identity_set_cookies(req, &o.tokens);
        reply_redirect(req, identity_next(in->next, "/admin"));
        return ERR_OK;
    }
    view_text(req->reply.view, "access_token", o.tokens.access);
    view_text(req->reply.view, "token_type", "Bearer");
    view_int(req->reply.view, "expires_in", o.tokens.access_seconds);
    view_text(req->reply.view, "refresh_token", o.tokens.refresh);
    return ERR_OK;
}

enum err admin_login_page(struct request *req)
{
    const struct login_query *q = req->params;
    const char *next = identity_next(q->next, NULL);
    req->reply.view = view_new(req->op.arena);
    if (req->principal.kind == ACTOR_STAFF)
        reply_redirect(req, next ? next : "/admin");
    view_text(req->reply.view, "next", next);
    return ERR_OK;
}

struct own_password_in {
    const char *password, *new_password;
};
static const struct field own_password_fields[] = {
    FIELD(F_SECRET, own_password_in, password, .min = 1, .max = 4 * PASSWORD_MAX, .flags = F_REQUIRED, .doc = "the present one"),
    FIELD(F_SECRET, own_password_in, new_password, .min = PASSWORD_MIN, .max = 4 * PASSWORD_MAX, .flags = F_REQUIRED),
};
const struct schema own_password_in = SCHEMA(own_password_in, own_password_fields);

enum err admin_own_password(struct request *req)
{
    const struct own_password_in *in = req->input;
    const struct staff_own_password change = { in->password, in->new_password, req->principal.session_id };
    if (!change.session_id) /* a machine's key is not the person who made it */
        return err_set(&req->op, ERR_FORBIDDEN, NULL);
    TRY(staff_own_password(&req->op, &change));
    req->reply.view = view_new(req->op.arena);
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, "/admin/sessions");
    return ERR_OK;
}
