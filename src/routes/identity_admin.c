/* Staff's pages about people: staff accounts, API keys, the audit log, messages, customers. */
#include "routes/identity.h"

#include "auth/apikey.h"
#include "auth/audit.h"
#include "auth/customer.h"
#include "auth/otp.h"
#include "auth/password.h"
#include "auth/policy.h"
#include "auth/session.h"
#include "auth/sms_log.h"
#include "auth/staff.h"
#include "core/arena.h"
#include "core/view.h"
#include "http/percent.h"
#include "routes/cursor.h"

struct staff_in {
    const char *username, *name, *role, *password;
};
static const struct field staff_fields[] = {
    FIELD(F_TEXT, staff_in, username, .min = 2, .max = 40, .flags = F_REQUIRED),
    FIELD(F_TEXT, staff_in, name, .max = 100),
    FIELD(F_TEXT, staff_in, role, .max = 20, .flags = F_REQUIRED, .doc = "support, catalogue, finance or owner"),
    FIELD(F_SECRET, staff_in, password, .min = PASSWORD_MIN, .max = 4 * PASSWORD_MAX, .flags = F_REQUIRED),
};
const struct schema staff_in = SCHEMA(staff_in, staff_fields);

struct staff_change_in {
    const char *role, *password;
    int disabled;
};
static const struct field staff_change_fields[] = {
    FIELD(F_TEXT, staff_change_in, role, .max = 20),
    FIELD(F_SECRET, staff_change_in, password, .min = PASSWORD_MIN, .max = 4 * PASSWORD_MAX,
          .doc = "also makes a new second factor and ends all sessions"),
    FIELD(F_BOOL, staff_change_in, disabled, .max = 1),
};
const struct schema staff_change_in = SCHEMA(staff_change_in, staff_change_fields);

struct key_in {
    const char *name, *permissions;
    int64_t days;
};
static const struct field key_fields[] = {
    FIELD(F_TEXT, key_in, name, .min = 1, .max = 60, .flags = F_REQUIRED),
    FIELD(F_TEXT, key_in, permissions, .min = 1, .max = 200, .flags = F_REQUIRED, .doc = "names, separated by spaces"),
    FIELD(F_INT, key_in, days, .min = 1, .max = 3650, .doc = "until it expires; absent: never"),
};
const struct schema key_in = SCHEMA(key_in, key_fields);

struct audit_query {
    const char *actor, *action, *target, *cursor;
    int64_t from, to, limit;
};
static const struct field audit_query_fields[] = {
    FIELD(F_TEXT, audit_query, actor, .max = 60),
    FIELD(F_TEXT, audit_query, action, .max = 60, .doc = "beginning of the action's name"),
    FIELD(F_TEXT, audit_query, target, .max = 100),
    FIELD(F_TIME, audit_query, from, .doc = "first day, of Tehran"),
    FIELD(F_TIME, audit_query, to, .doc = "last day, of Tehran"),
    FIELD(F_TEXT, audit_query, cursor, .max = 4000),
    FIELD(F_INT, audit_query, limit, .min = 1, .max = 100),
};
const struct schema audit_query = SCHEMA(audit_query, audit_query_fields);

struct sms_query {
    const char *phone, *cursor;
    int64_t limit;
};
static const struct field sms_query_fields[] = {
    FIELD(F_PHONE, sms_query, phone, .max = 30),
    FIELD(F_TEXT, sms_query, cursor, .max = 4000),
    FIELD(F_INT, sms_query, limit, .min = 1, .max = 100),
};
const struct schema sms_query = SCHEMA(sms_query, sms_query_fields);

struct phone_lift_in {
    const char *phone;
};
static const struct field phone_lift_fields[] = {
    FIELD(F_PHONE, phone_lift_in, phone, .flags = F_REQUIRED),
};
const struct schema phone_lift_in = SCHEMA(phone_lift_in, phone_lift_fields);

struct customers_query {
    const char *q, *cursor;
    int64_t limit;
};
static const struct field customers_query_fields[] = {
    FIELD(F_TEXT, customers_query, q, .max = 100, .doc = "phone, or part of a name"),
    FIELD(F_TEXT, customers_query, cursor, .max = 4000),
    FIELD(F_INT, customers_query, limit, .min = 1, .max = 100),
};
const struct schema customers_query = SCHEMA(customers_query, customers_query_fields);

/* Lists go down by id: where a page goes on, and where the next one will; `list` names the list with
 * its filters. */
static enum err below(struct op *op, const char *list, const char *cursor, int64_t *id)
{
    TRY(cursor_read(op, list, cursor, id));
    if (*id < 0)
        *id = 0;
    return ERR_OK;
}

static enum err next_page(struct op *op, const char *list, struct view *out)
{
    int64_t id = INT64_MIN;
    const char *last = view_get_text(out, "next");
    if (last && !str_int(str_of(last), &id))
        return err_internal(op, ERR_INTERNAL, "the list %s ends with %s", list, last);
    cursor_next(op, list, id, out);
    return ERR_OK;
}

static const char *or_none(const char *text)
{
    return text ? text : "";
}

static int64_t id_of(const struct request *req)
{
    int64_t id = 0;
    return str_int(str_of(req->vars[0]), &id) ? id : 0;
}

static struct view *fresh(struct request *req)
{
    req->reply.view = view_new(req->op.arena);
    return req->reply.view;
}

/* Browsers go back to the list; clients get the view. */
static enum err answer(struct request *req, const char *page)
{
    if (req->accept == ACCEPT_HTML)
        reply_redirect(req, page);
    return ERR_OK;
}

static enum err new_password(struct op *op, const char *password, const char **hash)
{
    if (password_is_common(op->arena, password)) {
        err_field(op, "/password", "too_common", NULL);
        return ERR_INVALID_FIELD;
    }
    return password_hash(op, password, hash);
}

enum err admin_staff_list(struct request *req)
{
    struct view *out = fresh(req), *roles = view_array(out, "roles");
    for (size_t i = 0; role_name(i); i++)
        view_append_text(roles, role_name(i));
    return staff_list(&req->op, out);
}

enum err admin_staff_add(struct request *req)
{
    const struct staff_in *in = req->input;
    struct staff_new account = { .username = in->username, .name = in->name, .role = in->role };
    const char *totp;
    int64_t id;
    TRY(new_password(&req->op, in->password, &account.password_hash));
    TRY(staff_add(&req->op, &account, &id, &totp));
    struct view *out = fresh(req);
    view_int(out, "id", id);
    view_text(out, "username", in->username);
    view_text(out, "role", in->role);
    view_text(out, "totp_secret", totp); /* shown once */
    req->reply.status = 201;
    return ERR_OK;
}

enum err admin_staff_change(struct request *req)
{
    const struct staff_change_in *in = req->input;
    const char *username = req->vars[0], *hash, *totp = NULL;
    struct op *op = &req->op;
    if (in->password)
        TRY(new_password(op, in->password, &hash));
    if (in->role)
        TRY(staff_set_role(op, username, in->role));
    if (in->disabled != BOOL_ABSENT)
        TRY(staff_set_disabled(op, username, in->disabled));
    if (in->password)
        TRY(staff_reset(op, username, hash, &totp));
    struct view *out = fresh(req);
    view_text(out, "username", username);
    if (totp) {
        view_text(out, "totp_secret", totp);
        return ERR_OK;
    }
    return answer(req, "/admin/staff");
}

enum err admin_key_list(struct request *req)
{
    struct view *out = fresh(req), *names = view_array(out, "permissions");
    for (size_t i = 0; permission_name(i); i++)
        view_append_text(names, permission_name(i));
    return apikey_list(&req->op, out);
}

enum err admin_key_add(struct request *req)
{
    const struct key_in *in = req->input;
    const char *names[PERM_INDEX_COUNT], *secret;
    struct str rest = str_of(in->permissions);
    size_t n = 0;
    int64_t id;
    while (rest.n && n < PERM_INDEX_COUNT) {
        struct str name = str_cut(&rest, ' ');
        if (name.n)
            names[n++] = str_dup(req->op.arena, name);
    }
    TRY(apikey_add(&req->op, in->name, names, n, in->days == INT_ABSENT ? 0 : in->days, &id, &secret));
    struct view *out = fresh(req);
    view_int(out, "id", id);
    view_text(out, "name", in->name);
    view_text(out, "secret", secret); /* shown once */
    req->reply.status = 201;
    return ERR_OK;
}

enum err admin_key_revoke(struct request *req)
{
    TRY(apikey_revoke(&req->op, id_of(req)));
    fresh(req);
    return answer(req, "/admin/api-keys");
}

enum err admin_audit(struct request *req)
{
    const struct audit_query *q = req->params;
    struct op *op = &req->op;
    const struct audit_filter wanted = { q->actor, q->action, q->target, q->from, q->to };
    struct view *out = fresh(req), *filter = view_object(out, "filter");
    view_text(filter, "actor", q->actor);
    view_text(filter, "action", q->action);
    view_text(filter, "target", q->target);
    const char *list = arena_printf(op->arena, "audit %s %s %s %lld %lld", or_none(q->actor), or_none(q->action),
                                    or_none(q->target), (long long)q->from, (long long)q->to);
    int64_t id;
    TRY(below(op, list, q->cursor, &id));
    TRY(audit_list(op, &wanted, id, cursor_limit(q->limit), out));
    return next_page(op, list, out);
}

enum err admin_sms(struct request *req)
{
    const struct sms_query *q = req->params;
    struct view *out = fresh(req);
    view_text(view_object(out, "filter"), "phone", q->phone);
    if (q->phone)
        TRY(otp_waits(&req->op, q->phone, view_object(out, "waits")));
    const char *list = arena_printf(req->op.arena, "sms %s", or_none(q->phone));
    int64_t id;
    TRY(below(&req->op, list, q->cursor, &id));
    TRY(sms_log_list(&req->op, q->phone, id, cursor_limit(q->limit), out));
    return next_page(&req->op, list, out);
}

/* Also of a number that has no account yet. */
enum err admin_phone_lift(struct request *req)
{
    const struct phone_lift_in *in = req->input;
    TRY(otp_lift(&req->op, in->phone));
    fresh(req);
    return answer(req, arena_printf(req->op.arena, "/admin/sms?phone=%s", percent_encode(req->op.arena, in->phone)));
}

enum err admin_customers(struct request *req)
{
    const struct customers_query *q = req->params;
    struct view *out = fresh(req);
    view_text(out, "q", q->q);
    const char *list = arena_printf(req->op.arena, "customers %s", or_none(q->q));
    int64_t id;
    TRY(below(&req->op, list, q->cursor, &id));
    TRY(customer_search(&req->op, q->q, id, cursor_limit(q->limit), out));
    return next_page(&req->op, list, out);
}

enum err admin_customer(struct request *req)
{
    struct op *op = &req->op;
    struct view *out = fresh(req), *sessions = view_new(op->arena);
    TRY(customer_view(op, id_of(req), out));
    TRY(session_list(op, ACTOR_CUSTOMER, id_of(req), 0, sessions));
    view_attach(out, "sessions", view_get(sessions, "items"));
    return otp_waits(op, view_get_text(out, "phone"), view_object(out, "waits"));
}

static const char *customer_page(struct request *req)
{
    return arena_printf(req->op.arena, "/admin/customers/%lld", (long long)id_of(req));
}

enum err admin_customer_lift(struct request *req)
{
    struct view *out = fresh(req);
    TRY(customer_view(&req->op, id_of(req), out));
    TRY(otp_lift(&req->op, view_get_text(out, "phone")));
    return answer(req, customer_page(req));
}

enum err admin_customer_end(struct request *req)
{
    struct view *out = fresh(req);
    TRY(customer_view(&req->op, id_of(req), out));
    audit_write(&req->op, "customer.end_sessions",
                arena_printf(req->op.arena, "customer:%lld", (long long)id_of(req)), NULL, NULL);
    TRY(session_end_all(&req->op, ACTOR_CUSTOMER, id_of(req), 0, "ended_by_staff"));
    return answer(req, customer_page(req));
}

/* A person's own. A key that somebody made for a machine is not that person. */
static enum err only_persons(struct request *req)
{
    return req->principal.session_id ? ERR_OK : err_set(&req->op, ERR_FORBIDDEN, NULL);
}

enum err admin_session_list(struct request *req)
{
    TRY(only_persons(req));
    return session_list(&req->op, ACTOR_STAFF, req->principal.id, req->principal.session_id, fresh(req));
}

enum err admin_session_end(struct request *req)
{
    struct op *op = &req->op;
    TRY(only_persons(req));
    TRY(session_end_own(op, id_of(req)));
    audit_write(op, "staff.end_session", arena_printf(op->arena, "session:%lld", (long long)id_of(req)), NULL, NULL);
    fresh(req);
    return answer(req, "/admin/sessions");
}
