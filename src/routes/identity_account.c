/* A customer's account: profile, addresses, sessions. */
#include "routes/identity.h"

#include "auth/customer.h"
#include "auth/email.h"
#include "auth/session.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "routes/address_input.h"
#include "shop/media.h"

struct account_in {
    const char *name, *email, *national_code, *lang;
    bool name_given, email_given, national_code_given, lang_given;
};
#define GIVEN(member) .flags = F_NULLABLE, .present_offset = offsetof(struct account_in, member##_given)
static const struct field account_fields[] = {
    FIELD(F_TEXT, account_in, name, .min = 1, .max = 100, GIVEN(name)),
    FIELD(F_EMAIL, account_in, email, .max = 200, GIVEN(email)),
    FIELD(F_DIGITS, account_in, national_code, .min = 10, .max = 10, GIVEN(national_code)),
    FIELD(F_ENUM, account_in, lang, .choices = " fa en ", GIVEN(lang)),
};
const struct schema account_in = SCHEMA(account_in, account_fields);

struct avatar_in {
    const struct upload *image;
};
static const struct field avatar_fields[] = {
    FIELD(F_FILE, avatar_in, image, .flags = F_REQUIRED, .doc = "JPEG, PNG or WebP, at most 8 MiB"),
};
const struct schema avatar_in = SCHEMA(avatar_in, avatar_fields);

static int64_t me(const struct request *req)
{
    return req->principal.id;
}

static int64_t id_of(const struct request *req)
{
    int64_t id = 0;
    return str_int(str_of(req->vars[0]), &id) ? id : 0;
}

static enum err put_wallet(struct op *op, int64_t customer, struct view *out)
{
    struct rows r;
    TRY(db_query(op, &r, Q_WALLET, P_INT(customer)));
    struct view *wallet = view_object(out, "wallet");
    view_int(wallet, "balance", r.count ? row_int(&r, 0, "balance") : 0);
    view_int(wallet, "held", r.count ? row_int(&r, 0, "held") : 0);
    view_text(wallet, "currency", "IRT");
    return ERR_OK;
}

/* For the form of a new address. */
static enum err put_provinces(struct op *op, struct view *out)
{
    struct rows r;
    TRY(db_query(op, &r, Q_PROVINCES, P_TEXT(lang_code(op->lang))));
    view_json(out, "provinces", row_text(&r, 0, "items"));
    return ERR_OK;
}

enum err account_get(struct request *req)
{
    struct op *op = &req->op;
    struct view *lists = view_new(op->arena);
    req->reply.view = view_new(op->arena);
    TRY(customer_view(op, me(req), req->reply.view));
    TRY(address_list(op, me(req), lists));
    view_attach(req->reply.view, "addresses", view_get(lists, "items"));
    TRY(session_list(op, ACTOR_CUSTOMER, me(req), req->principal.session_id, lists));
    view_attach(req->reply.view, "sessions", view_get(lists, "items"));
    if (req->accept == ACCEPT_HTML)
        TRY(put_provinces(op, req->reply.view));
    return put_wallet(op, me(req), req->reply.view);
}

/* A picture from outside: decoded and encoded anew elsewhere before anything is kept of it. */
enum err account_avatar(struct request *req)
{
    const struct avatar_in *in = req->input;
    struct media_file file;
    TRY(media_store(&req->op, in->image->data, &file));
    TRY(customer_set_avatar(&req->op, me(req), file.name));
    req->reply.view = view_new(req->op.arena);
    TRY(customer_view(&req->op, me(req), req->reply.view));
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, "/account");
    return ERR_OK;
}

enum err account_change(struct request *req)
{
    const struct account_in *in = req->input;
    struct customer_change change = {
        .name = in->name, .email = in->email, .national_code = in->national_code, .lang = in->lang,
        .name_given = in->name_given, .email_given = in->email_given,
        .national_code_given = in->national_code_given, .lang_given = in->lang_given && in->lang,
    };
    TRY(customer_change(&req->op, me(req), &change));
    if (in->email_given)
        TRY(email_link_send(&req->op, me(req)));
    req->reply.view = view_new(req->op.arena);
    TRY(customer_view(&req->op, me(req), req->reply.view));
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, "/account");
    return ERR_OK;
}

/* The link of a letter: opened anywhere, so without a session. */
enum err account_email_verify(struct request *req)
{
    TRY(email_link_follow(&req->op, req->vars[0]));
    req->reply.view = view_new(req->op.arena);
    view_bool(req->reply.view, "email_verified", true);
    return ERR_OK;
}

static enum err answer_address(struct request *req, int64_t id)
{
    struct address address;
    TRY(address_get(&req->op, me(req), id, &address));
    req->reply.view = view_new(req->op.arena);
    view_int(req->reply.view, "id", id);
    address_view(&address, req->reply.view);
    return ERR_OK;
}

enum err account_address_list(struct request *req)
{
    req->reply.view = view_new(req->op.arena);
    return address_list(&req->op, me(req), req->reply.view);
}

enum err account_address_get(struct request *req)
{
    return answer_address(req, id_of(req));
}

enum err account_address_add(struct request *req)
{
    struct address *address = req->input;
    int64_t id;
    TRY(address_check(&req->op, address, ""));
    TRY(address_add(&req->op, me(req), address, &id));
    TRY(answer_address(req, id));
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, "/account");
    else
        reply_created(req, arena_printf(req->op.arena, "/account/addresses/%lld", (long long)id));
    return ERR_OK;
}

enum err account_address_change(struct request *req)
{
    struct address address;
    int64_t id = id_of(req);
    TRY(address_get(&req->op, me(req), id, &address));
    address_apply(req->input, &address);
    TRY(address_check(&req->op, &address, ""));
    TRY(address_change(&req->op, me(req), id, &address));
    TRY(answer_address(req, id));
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, "/account");
    return ERR_OK;
}

enum err account_address_archive(struct request *req)
{
    TRY(address_archive(&req->op, me(req), id_of(req)));
    req->reply.view = view_new(req->op.arena);
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, "/account");
    return ERR_OK;
}

enum err account_session_list(struct request *req)
{
    req->reply.view = view_new(req->op.arena);
    return session_list(&req->op, ACTOR_CUSTOMER, me(req), req->principal.session_id, req->reply.view);
}

enum err account_session_end(struct request *req)
{
    TRY(session_end_own(&req->op, id_of(req)));
    req->reply.view = view_new(req->op.arena);
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, "/account");
    return ERR_OK;
}
