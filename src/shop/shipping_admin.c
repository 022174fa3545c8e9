/* The owner's ways of sending. */
#include "shop/shipping_admin.h"

#include <string.h>

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/shipping.h"

static struct param flag(int value)
{
    return value < 0 ? P_NULL : P_BOOL(value);
}

static const char *fa_of(const struct words *w)
{
    return !w ? NULL : w->fa ? w->fa : w->en;
}

static const char *en_of(const struct words *w)
{
    return !w ? NULL : w->en ? w->en : w->fa;
}

/* The steps as JSON for the database; rows of a form that are empty are passed over. NULL: none came. */
static const char *steps_json(struct op *op, const struct shipping_zone_in *in, const char *pointer)
{
    struct view *list = view_new_array(op->arena);
    for (size_t i = 0; i < in->step_count; i++) {
        const struct shipping_step_in *s = &in->steps[i];
        const char *at = arena_printf(op->arena, "%s/steps/%zu", pointer, i);
        if (s->up_to_g == INT64_MIN && s->price == INT64_MIN)
            continue;
        if (s->up_to_g == INT64_MIN || s->price == INT64_MIN)
            err_field(op, arena_printf(op->arena, "%s/%s", at, s->price == INT64_MIN ? "price" : "up_to_g"), "required", NULL);
        for (size_t k = 0; k < i; k++)
            if (in->steps[k].up_to_g == s->up_to_g && s->up_to_g != INT64_MIN)
                err_field(op, arena_printf(op->arena, "%s/up_to_g", at), "duplicate", NULL);
        struct view *row = view_append(list);
        view_int(row, "up_to_g", s->up_to_g);
        view_int(row, "price", s->price);
    }
    if (view_count(list) > SHIPPING_STEPS_MAX)
        err_field(op, arena_printf(op->arena, "%s/steps", pointer), "too_many", NULL);
    return view_count(list) ? view_serialize(op->arena, list) : NULL;
}

static enum err save_zone(struct op *op, const char *method, int64_t zone, const struct shipping_zone_in *in, const char *pointer)
{
    struct rows r;
    bool fresh = zone == INT64_MIN, listed = !in->kind || strcmp(in->kind, "listed") == 0;
    const char *steps = steps_json(op, in, pointer);
    const char **codes = arena_array(op->arena, const char *, in->province_count + 1);
    for (size_t i = 0; i < in->province_count; i++)
        codes[i] = in->provinces[i].code;
    if (fresh && !steps)
        err_field(op, arena_printf(op->arena, "%s/steps", pointer), "required", NULL);
    if (!listed && in->province_count)
        err_field(op, arena_printf(op->arena, "%s/provinces", pointer), "invalid", NULL);
    TRY(op->err->code);
    struct param provinces = listed && in->province_count ? P_TEXTS(codes, in->province_count) : P_NULL;
    if (fresh)
        TRY(db_query(op, &r, Q_SHIPPING_ZONE_INSERT, P_TEXT(method), P_TEXT(in->kind), provinces, P_TEXT(fa_of(in->title)),
                     P_TEXT(en_of(in->title)), P_OPT_INT(in->extra_kg), P_OPT_INT(in->position)));
    else
        TRY(db_query(op, &r, Q_SHIPPING_ZONE_UPDATE, P_TEXT(method), P_INT(zone), P_TEXT(in->kind),
                     P_BOOL(in->provinces_given || in->kind), provinces, P_TEXT(fa_of(in->title)), P_TEXT(en_of(in->title)),
                     P_OPT_INT(in->extra_kg), P_OPT_INT(in->position)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    zone = row_int(&r, 0, "id");
    if (steps && !fresh)
        db_queue(op, Q_SHIPPING_STEPS_CLEAR, P_INT(zone));
    if (steps)
        db_queue(op, Q_IMPORT_STEPS, P_INT(zone), P_TEXT(steps));
    return ERR_OK;
}

static enum err save_zones(struct op *op, const char *method, const struct shipping_method_in *in)
{
    for (size_t i = 0; i < in->zone_count; i++) {
        struct shipping_zone_in zone = in->zones[i];
        if (zone.position == INT64_MIN)
            zone.position = (int64_t)i + 1;
        TRY(save_zone(op, method, INT64_MIN, &zone, arena_printf(op->arena, "/zones/%zu", i)));
    }
    return ERR_OK;
}

enum err shipping_method_create(struct op *op, const struct shipping_method_in *in)
{
    if (strspn(in->id, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(in->id))
        err_field(op, "/id", "bad_code", NULL);
    if (!fa_of(in->title))
        err_field(op, "/title", "required", NULL);
    TRY(op->err->code);
    TRY(db_exec(op, Q_SHIPPING_METHOD_INSERT, P_TEXT(in->id), P_TEXT(fa_of(in->title)), P_TEXT(en_of(in->title)),
                P_TEXT(in->charged), P_OPT_INT(in->eta_days), flag(in->needs_address), flag(in->needs_postal_code),
                P_OPT_INT(in->free_over), P_OPT_INT(in->min_weight_g), P_OPT_INT(in->max_weight_g), flag(in->active),
                P_OPT_INT(in->position)));
    return save_zones(op, in->id, in);
}

enum err shipping_method_change(struct op *op, const char *id, const struct shipping_method_in *in)
{
    struct rows r;
    TRY(db_query(op, &r, Q_SHIPPING_METHOD_UPDATE, P_TEXT(id), P_TEXT(in->title ? in->title->fa : NULL),
                 P_TEXT(in->title ? in->title->en : NULL), P_TEXT(in->charged), P_OPT_INT(in->eta_days), flag(in->needs_address),
                 flag(in->needs_postal_code), P_BOOL(in->free_over_given), P_OPT_INT(in->free_over), P_BOOL(in->min_given),
                 P_OPT_INT(in->min_weight_g), P_BOOL(in->max_given), P_OPT_INT(in->max_weight_g), flag(in->active),
                 P_OPT_INT(in->position)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    if (!in->zones_given)
        return ERR_OK;
    db_queue(op, Q_IMPORT_ZONES_CLEAR, P_TEXT(id));
    return save_zones(op, id, in);
}

/* Changes of one method's zones stand in line for its row. */
static enum err lock_method(struct op *op, const char *method)
{
    struct rows r;
    TRY(db_query(op, &r, Q_SHIPPING_METHOD_LOCK, P_TEXT(method)));
    return r.count ? ERR_OK : err_set(op, ERR_NOT_FOUND, NULL);
}

enum err shipping_zone_save(struct op *op, const char *method, int64_t zone, const struct shipping_zone_in *in)
{
    TRY(lock_method(op, method));
    return save_zone(op, method, zone, in, "");
}

enum err shipping_zone_drop(struct op *op, const char *method, int64_t zone)
{
    struct rows r;
    TRY(lock_method(op, method));
    TRY(db_query(op, &r, Q_SHIPPING_ZONE_DROP, P_TEXT(method), P_INT(zone)));
    return r.count ? ERR_OK : err_set(op, ERR_NOT_FOUND, NULL);
}

enum err shipping_admin_list(struct op *op, struct view *into)
{
    struct rows r;
    TRY(db_query(op, &r, Q_SHIPPING_ADMIN_LIST, P_TEXT(lang_code(op->lang))));
    view_json(into, "items", row_text(&r, 0, "items"));
    view_text(into, "origin_province", row_text(&r, 0, "origin"));
    view_text(into, "currency", "IRT");
    view_null(into, "next");
    return ERR_OK;
}

enum err shipping_admin_view(struct op *op, const char *id, struct view **out)
{
    struct rows r;
    const char *error = NULL;
    TRY(db_query(op, &r, Q_SHIPPING_ADMIN, P_TEXT(id), P_TEXT(lang_code(op->lang))));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *out = view_parse(op->arena, str_of(row_text(&r, 0, "body")), 16, &error);
    return *out ? ERR_OK : err_internal(op, ERR_INTERNAL, "a method's body: %s", error ? error : "null");
}
