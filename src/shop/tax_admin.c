/* The owner's taxes. */
#include "shop/tax_admin.h"

#include <string.h>

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/settings.h"

enum err tax_class_create(struct op *op, const struct tax_class_in *in)
{
    const struct words *t = in->title;
    if (strspn(in->id, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(in->id))
        err_field(op, "/id", "bad_code", NULL);
    if (!t->fa && !t->en)
        err_field(op, "/title", "required", NULL);
    TRY(op->err->code);
    return db_exec(op, Q_TAX_CLASS_INSERT, P_TEXT(in->id), P_TEXT(t->fa ? t->fa : t->en), P_TEXT(t->en ? t->en : t->fa));
}

enum err tax_class_change(struct op *op, const char *id, const struct words *title)
{
    struct rows r;
    TRY(db_query(op, &r, Q_TAX_CLASS_UPDATE, P_TEXT(id), P_TEXT(title->fa), P_TEXT(title->en)));
    return r.count ? ERR_OK : err_set(op, ERR_NOT_FOUND, NULL);
}

static enum err check_registered(struct op *op, int64_t rate_bp)
{
    struct settings s;
    TRY(settings_load(op, &s));
    return rate_bp > 0 && !s.vat_registered ? err_set(op, ERR_VAT_NOT_REGISTERED, NULL) : ERR_OK;
}

enum err tax_rate_create(struct op *op, const struct tax_rate_in *in, int64_t *id)
{
    struct rows r;
    TRY(db_query(op, &r, Q_TAX_RATE_FACTS, P_TEXT(in->tax_class), P_OPT_INT(in->valid_from), P_OPT_INT(in->valid_until)));
    if (!row_bool(&r, 0, "known"))
        err_field(op, "/tax_class", "not_found", NULL);
    if (row_bool(&r, 0, "past"))
        err_field(op, "/valid_from", "too_small", NULL);
    if (row_bool(&r, 0, "reversed"))
        err_field(op, "/valid_until", "too_small", NULL);
    TRY(op->err->code);
    TRY(check_registered(op, in->rate_bp));
    TRY(db_query(op, &r, Q_TAX_RATE_INSERT, P_TEXT(in->tax_class), P_TEXT(in->province), P_INT(in->rate_bp),
                 P_OPT_INT(in->valid_from), P_OPT_INT(in->valid_until)));
    *id = row_int(&r, 0, "id");
    return ERR_OK;
}

static enum err rate_state(struct op *op, int64_t id, const char **state)
{
    struct rows r;
    TRY(db_query(op, &r, Q_TAX_RATE_LOCK, P_INT(id)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *state = row_text(&r, 0, "state");
    return ERR_OK;
}

enum err tax_rate_change(struct op *op, int64_t id, const struct tax_rate_change_in *in)
{
    struct rows r;
    const char *state;
    TRY(rate_state(op, id, &state));
    if (strcmp(state, "past") == 0 || (in->rate_bp != INT64_MIN && strcmp(state, "future") != 0))
        return err_set(op, ERR_TAX_RATE_IN_FORCE, NULL);
    if (in->rate_bp != INT64_MIN)
        TRY(check_registered(op, in->rate_bp));
    TRY(db_query(op, &r, Q_TAX_RATE_UPDATE, P_INT(id), P_OPT_INT(in->rate_bp), P_OPT_INT(in->valid_until)));
    if (r.count)
        return ERR_OK;
    err_field(op, "/valid_until", "too_small", NULL);
    return ERR_INVALID_FIELD;
}

enum err tax_rate_drop(struct op *op, int64_t id)
{
    struct rows r;
    const char *state;
    TRY(rate_state(op, id, &state));
    if (strcmp(state, "future") != 0)
        return err_set(op, ERR_TAX_RATE_IN_FORCE, NULL);
    TRY(db_query(op, &r, Q_TAX_RATE_DROP, P_INT(id)));
    db_queue(op, Q_TAX_RATE_GOES_ON, P_TEXT(row_text(&r, 0, "tax_class")), P_TEXT(row_text(&r, 0, "province")),
             P_TEXT(row_text(&r, 0, "valid_from")), P_TEXT(row_text(&r, 0, "valid_until")));
    return ERR_OK;
}

enum err tax_admin_view(struct op *op, struct view *into)
{
    struct rows r;
    struct settings s;
    struct queued *settings = settings_queue(op);
    TRY(db_query(op, &r, Q_TAX_ADMIN, P_TEXT(lang_code(op->lang))));
    settings_read(op, settings, &s);
    view_bool(into, "vat_registered", s.vat_registered);
    view_bool(into, "prices_include_tax", s.prices_include_tax);
    view_json(into, "classes", row_text(&r, 0, "classes"));
    view_json(into, "items", row_text(&r, 0, "items"));
    view_null(into, "next");
    return ERR_OK;
}

enum err tax_rate_view(struct op *op, int64_t id, struct view **out)
{
    struct rows r;
    const char *error = NULL;
    TRY(db_query(op, &r, Q_TAX_RATE, P_INT(id)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *out = view_parse(op->arena, str_of(row_text(&r, 0, "body")), 4, &error);
    return *out ? ERR_OK : err_internal(op, ERR_INTERNAL, "a rate's body: %s", error ? error : "null");
}
