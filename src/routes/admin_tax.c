/* Staff: classes of tax and their rates. */
#include "routes/handlers.h"

#include "auth/address.h"
#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/tax_admin.h"

static const struct field class_fields[] = {
    FIELD(F_TEXT, tax_class_in, id, .min = 1, .max = 40, .flags = F_REQUIRED, .doc = "small letters, digits, _"),
    FIELD(F_OBJECT, tax_class_in, title, .sub = &words_in, .flags = F_REQUIRED | F_BARE),
};
const struct schema tax_class_in = SCHEMA(tax_class_in, class_fields);

static const struct field class_change_fields[] = {
    FIELD(F_OBJECT, tax_class_in, title, .sub = &words_in, .flags = F_REQUIRED | F_BARE),
};
const struct schema tax_class_change_in = { "tax_class_change_in", sizeof(struct tax_class_in), class_change_fields, 1 };

static const struct field rate_fields[] = {
    FIELD(F_TEXT, tax_rate_in, tax_class, .min = 1, .max = 40, .flags = F_REQUIRED),
    FIELD(F_ENUM, tax_rate_in, province, .choices = ADDRESS_PROVINCES, .flags = F_NULLABLE, .doc = "none: everywhere"),
    FIELD(F_INT, tax_rate_in, rate_bp, .max = 10000, .flags = F_REQUIRED, .doc = "basis points: 1000 is 10 percent"),
    FIELD(F_TIME, tax_rate_in, valid_from, .doc = "not in the past; absent: now"),
    FIELD(F_TIME, tax_rate_in, valid_until, .doc = "absent: until another rate begins"),
};
const struct schema tax_rate_in = SCHEMA(tax_rate_in, rate_fields);

static const struct field rate_change_fields[] = {
    FIELD(F_INT, tax_rate_change_in, rate_bp, .max = 10000, .doc = "of a rate that has not begun"),
    FIELD(F_TIME, tax_rate_change_in, valid_until),
};
const struct schema tax_rate_change_in = SCHEMA(tax_rate_change_in, rate_change_fields);

enum err admin_tax_get(struct request *req)
{
    struct rows r;
    TRY(tax_admin_view(&req->op, req->reply.view));
    if (req->accept == ACCEPT_JSON)
        return ERR_OK;
    TRY(db_query(&req->op, &r, Q_PROVINCES, P_TEXT(lang_code(req->op.lang))));
    view_json(req->reply.view, "provinces", row_text(&r, 0, "items"));
    return ERR_OK;
}

enum err admin_tax_class_post(struct request *req)
{
    const struct tax_class_in *in = req->input;
    struct op *op = &req->op;
    TRY(tax_class_create(op, in));
    audit_write(op, "tax.class", arena_printf(op->arena, "tax_class:%s", in->id), NULL, req->tree);
    TRY(tax_admin_view(op, req->reply.view));
    reply_created(req, "/admin/tax");
    return ERR_OK;
}

enum err admin_tax_class_patch(struct request *req)
{
    const struct tax_class_in *in = req->input;
    struct op *op = &req->op;
    TRY(tax_class_change(op, req->vars[0], in->title));
    audit_write(op, "tax.class", arena_printf(op->arena, "tax_class:%s", req->vars[0]), NULL, req->tree);
    TRY(tax_admin_view(op, req->reply.view));
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/tax" : NULL;
    return ERR_OK;
}

static const char *rate_target(struct op *op, int64_t id)
{
    return arena_printf(op->arena, "tax_rate:%lld", (long long)id);
}

enum err admin_tax_rate_post(struct request *req)
{
    struct op *op = &req->op;
    int64_t id;
    TRY(tax_rate_create(op, req->input, &id));
    TRY(tax_rate_view(op, id, &req->reply.view));
    audit_write(op, "tax.rate", rate_target(op, id), NULL, req->reply.view);
    reply_created(req, "/admin/tax");
    return ERR_OK;
}

enum err admin_tax_rate_patch(struct request *req)
{
    struct op *op = &req->op;
    struct view *before;
    int64_t id;
    if (!str_int(str_of(req->vars[0]), &id))
        return err_set(op, ERR_NOT_FOUND, NULL);
    TRY(tax_rate_view(op, id, &before));
    TRY(tax_rate_change(op, id, req->input));
    TRY(tax_rate_view(op, id, &req->reply.view));
    audit_write(op, "tax.rate", rate_target(op, id), before, req->reply.view);
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/tax" : NULL;
    return ERR_OK;
}

enum err admin_tax_rate_delete(struct request *req)
{
    struct op *op = &req->op;
    struct view *before;
    int64_t id;
    if (!str_int(str_of(req->vars[0]), &id))
        return err_set(op, ERR_NOT_FOUND, NULL);
    TRY(tax_rate_view(op, id, &before));
    TRY(tax_rate_drop(op, id));
    audit_write(op, "tax.rate_drop", rate_target(op, id), before, NULL);
    TRY(tax_admin_view(op, req->reply.view));
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/tax" : NULL;
    return ERR_OK;
}
