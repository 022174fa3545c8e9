/* Staff: ways of sending. */
#include "routes/handlers.h"

#include "auth/address.h"
#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/shipping_admin.h"

#define PRICE_MAX INT64_C(1000000000)
#define WEIGHT_MAX INT64_C(10000000) /* grams */

static const struct field step_fields[] = {
    FIELD(F_INT, shipping_step_in, up_to_g, .min = 1, .max = WEIGHT_MAX, .doc = "grams, inclusive"),
    FIELD(F_INT, shipping_step_in, price, .max = PRICE_MAX),
};
static const struct schema step_in = { "shipping_step_in", sizeof(struct shipping_step_in), step_fields, 2 };

static const struct field province_fields[] = { FIELD(F_ENUM, province_in, code, .choices = ADDRESS_PROVINCES) };
static const struct schema province_in = SCHEMA(province_in, province_fields);

static const struct field zone_fields[] = {
    FIELD(F_ENUM, shipping_zone_in, kind, .choices = " listed same beside other ",
          .doc = "which provinces it serves: those listed, or by their distance from the shop's own"),
    FIELD(F_ARRAY, shipping_zone_in, provinces, .sub = &province_in, .max = 31, .flags = F_BARE,
          .count_offset = offsetof(struct shipping_zone_in, province_count),
          .present_offset = offsetof(struct shipping_zone_in, provinces_given), .doc = "of a listed one; none: everywhere"),
    FIELD(F_OBJECT, shipping_zone_in, title, .sub = &words_in, .flags = F_BARE),
    FIELD(F_INT, shipping_zone_in, extra_kg, .max = PRICE_MAX, .doc = "price of each kilogram begun above the last step"),
    FIELD(F_INT, shipping_zone_in, position, .min = 1, .max = 1000, .doc = "the first that serves the province counts"),
    FIELD(F_ARRAY, shipping_zone_in, steps, .sub = &step_in, .max = 60,
          .count_offset = offsetof(struct shipping_zone_in, step_count)),
};
const struct schema shipping_zone_in = SCHEMA(shipping_zone_in, zone_fields);

#define METHOD_FIELDS                                                                                              \
    FIELD(F_ENUM, shipping_method_in, charged, .choices = " checkout on_delivery "),                                \
        FIELD(F_INT, shipping_method_in, eta_days, .max = 90, .doc = "working days on the way"),                    \
        FIELD(F_BOOL, shipping_method_in, needs_address), FIELD(F_BOOL, shipping_method_in, needs_postal_code),       \
        FIELD(F_INT, shipping_method_in, free_over, .max = INT64_C(1000000000000), .flags = F_NULLABLE,             \
              .present_offset = offsetof(struct shipping_method_in, free_over_given)),                               \
        FIELD(F_INT, shipping_method_in, min_weight_g, .max = WEIGHT_MAX, .flags = F_NULLABLE,                      \
              .present_offset = offsetof(struct shipping_method_in, min_given)),                                    \
        FIELD(F_INT, shipping_method_in, max_weight_g, .min = 1, .max = WEIGHT_MAX, .flags = F_NULLABLE,              \
              .present_offset = offsetof(struct shipping_method_in, max_given)),                                    \
        FIELD(F_BOOL, shipping_method_in, active), FIELD(F_INT, shipping_method_in, position, .max = 1000),           \
        FIELD(F_ARRAY, shipping_method_in, zones, .sub = &shipping_zone_in, .max = 40,                              \
              .count_offset = offsetof(struct shipping_method_in, zone_count),                                      \
              .present_offset = offsetof(struct shipping_method_in, zones_given))

static const struct field method_fields[] = {
    FIELD(F_TEXT, shipping_method_in, id, .min = 1, .max = 40, .flags = F_REQUIRED, .doc = "small letters, digits, _"),
    FIELD(F_OBJECT, shipping_method_in, title, .sub = &words_in, .flags = F_REQUIRED | F_BARE),
    METHOD_FIELDS,
};
const struct schema shipping_method_in = SCHEMA(shipping_method_in, method_fields);

static const struct field method_change_fields[] = {
    FIELD(F_OBJECT, shipping_method_in, title, .sub = &words_in, .flags = F_BARE),
    METHOD_FIELDS,
};
const struct schema shipping_change_in = { "shipping_change_in", sizeof(struct shipping_method_in), method_change_fields,
                                           sizeof(method_change_fields) / sizeof(method_change_fields[0]) };

static const char *page_of(struct request *req, const char *id)
{
    return arena_printf(req->op.arena, "/admin/shipping/%s", id);
}

#define EMPTY_ROWS 3

/* The steps there are, and some rows to be filled in. */
static void step_rows(struct view *into, const char *zone, const struct view *steps)
{
    struct view *rows = view_array(into, "rows");
    for (size_t i = 0; i < view_count(steps) + EMPTY_ROWS; i++) {
        struct view *row = view_append(rows), *step = i < view_count(steps) ? view_at(steps, i) : NULL;
        view_text(row, "zone", zone);
        view_int(row, "n", (int64_t)i);
        if (step)
            view_int(row, "up_to_g", view_get_int(step, "up_to_g", 0));
        if (step)
            view_int(row, "price", view_get_int(step, "price", 0));
    }
}

static void province_boxes(struct view *into, const struct view *all, const struct view *chosen)
{
    struct view *list = view_array(into, "provinces_all");
    for (size_t i = 0; i < view_count(all); i++) {
        struct view *box = view_append(list);
        const char *id = view_get_text(view_at(all, i), "id");
        bool is = false;
        for (size_t k = 0; k < view_count(chosen); k++)
            is = is || str_is(str_of(view_value_text(view_at(chosen, k))), id);
        view_int(box, "index", (int64_t)i);
        view_text(box, "id", id);
        view_text(box, "title", view_get_text(view_at(all, i), "title"));
        view_bool(box, "chosen", is);
    }
}

/* A form for each zone and one for a new one. */
static enum err add_forms(struct request *req)
{
    static const char *const copied[] = { "kind", "title", "provinces", "extra_kg", "position" };
    struct arena *a = req->op.arena;
    struct view *forms = view_array(req->reply.view, "zone_forms"), *zones = view_get(req->reply.view, "zones");
    struct rows r;
    const char *error;
    TRY(db_query(&req->op, &r, Q_PROVINCES, P_TEXT(lang_code(req->op.lang))));
    struct view *all = view_parse(a, str_of(row_text(&r, 0, "items")), 4, &error);
    for (size_t i = 0; i <= view_count(zones); i++) {
        struct view *f = view_append(forms), *zone = i < view_count(zones) ? view_at(zones, i) : NULL;
        const char *id = zone ? arena_printf(a, "%lld", (long long)view_get_int(zone, "id", 0)) : "new";
        view_text(f, "id", id);
        view_text(f, "method", req->vars[0]);
        for (size_t k = 0; zone && k < sizeof(copied) / sizeof(copied[0]); k++)
            view_attach(f, copied[k], view_get(zone, copied[k]));
        step_rows(f, id, view_get(zone, "steps"));
        province_boxes(f, all, view_get(zone, "provinces"));
    }
    return ERR_OK;
}

enum err admin_shipping_list_get(struct request *req)
{
    return shipping_admin_list(&req->op, req->reply.view);
}

enum err admin_shipping_get(struct request *req)
{
    TRY(shipping_admin_view(&req->op, req->vars[0], &req->reply.view));
    return req->accept == ACCEPT_HTML ? add_forms(req) : ERR_OK;
}

enum err admin_shipping_post(struct request *req)
{
    const struct shipping_method_in *in = req->input;
    struct op *op = &req->op;
    TRY(shipping_method_create(op, in));
    TRY(shipping_admin_view(op, in->id, &req->reply.view));
    audit_write(op, "shipping.create", arena_printf(op->arena, "shipping:%s", in->id), NULL, req->reply.view);
    reply_created(req, page_of(req, in->id));
    return ERR_OK;
}

/* Every change of a method or its zones is audited as the whole method, before and after. */
static enum err changed(struct request *req, const char *action, const struct view *before)
{
    struct op *op = &req->op;
    TRY(shipping_admin_view(op, req->vars[0], &req->reply.view));
    audit_write(op, action, arena_printf(op->arena, "shipping:%s", req->vars[0]), before, req->reply.view);
    req->reply.location = req->accept == ACCEPT_HTML ? page_of(req, req->vars[0]) : NULL;
    return ERR_OK;
}

enum err admin_shipping_patch(struct request *req)
{
    struct view *before;
    TRY(shipping_admin_view(&req->op, req->vars[0], &before));
    TRY(shipping_method_change(&req->op, req->vars[0], req->input));
    return changed(req, "shipping.change", before);
}

enum err admin_zone_post(struct request *req)
{
    struct view *before;
    TRY(shipping_admin_view(&req->op, req->vars[0], &before));
    TRY(shipping_zone_save(&req->op, req->vars[0], INT64_MIN, req->input));
    TRY(changed(req, "shipping.zone", before));
    reply_created(req, page_of(req, req->vars[0]));
    return ERR_OK;
}

static enum err zone_of(struct request *req, int64_t *zone, struct view **before)
{
    if (!str_int(str_of(req->vars[1]), zone))
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    return shipping_admin_view(&req->op, req->vars[0], before);
}

enum err admin_zone_patch(struct request *req)
{
    struct view *before;
    int64_t zone;
    TRY(zone_of(req, &zone, &before));
    TRY(shipping_zone_save(&req->op, req->vars[0], zone, req->input));
    return changed(req, "shipping.zone", before);
}

enum err admin_zone_delete(struct request *req)
{
    struct view *before;
    int64_t zone;
    TRY(zone_of(req, &zone, &before));
    TRY(shipping_zone_drop(&req->op, req->vars[0], zone));
    return changed(req, "shipping.zone_drop", before);
}
