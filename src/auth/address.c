/* A customer's addresses. */
#include "auth/address.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"

static const struct column columns[] = {
    COLUMN(ROW_TEXT, address, recipient), COLUMN(ROW_TEXT, address, phone),
    COLUMN(ROW_TEXT, address, province),  COLUMN(ROW_TEXT, address, city),
    COLUMN(ROW_TEXT, address, line),      COLUMN(ROW_TEXT, address, plaque),
    COLUMN(ROW_TEXT, address, unit),      COLUMN(ROW_TEXT, address, postal_code),
    COLUMN(ROW_TEXT, address, note),      COLUMN(ROW_INT, address, lat),
    COLUMN(ROW_INT, address, lng),
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static enum err wrong(struct op *op, const char *prefix, const char *member, const char *code)
{
    err_field(op, arena_printf(op->arena, "%s/%s", prefix, member), code, NULL);
    return ERR_INVALID_FIELD;
}

enum err address_check(struct op *op, struct address *a, const char *prefix)
{
    enum err e = ERR_OK;
    if (a->postal_code && !text_postal_code(op->arena, str_of(a->postal_code), &a->postal_code))
        e = wrong(op, prefix, "postal_code", "bad_postal_code");
    if (a->province && (strlen(a->province) != 5 || !strstr(ADDRESS_PROVINCES, a->province)))
        e = wrong(op, prefix, "province", "bad_province");
    if ((a->lat == INT64_MIN) != (a->lng == INT64_MIN))
        e = wrong(op, prefix, a->lat == INT64_MIN ? "lat" : "lng", "required");
    if (a->lat != INT64_MIN && (a->lat < -90000000 || a->lat > 90000000))
        e = wrong(op, prefix, "lat", "invalid");
    if (a->lng != INT64_MIN && (a->lng < -180000000 || a->lng > 180000000))
        e = wrong(op, prefix, "lng", "invalid");
    return e;
}

/* Millionths as a decimal number of JSON. */
static void view_degrees(struct view *out, const char *key, int64_t millionths)
{
    char text[24];
    int64_t whole = millionths < 0 ? -millionths : millionths;
    if (millionths == INT64_MIN) {
        view_null(out, key);
        return;
    }
    snprintf(text, sizeof(text), "%s%lld.%06lld", millionths < 0 ? "-" : "", (long long)(whole / 1000000),
             (long long)(whole % 1000000));
    view_json(out, key, text);
}

void address_view(const struct address *a, struct view *out)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        if (columns[i].kind == ROW_TEXT)
            view_text(out, columns[i].name, *(const char *const *)((const char *)a + columns[i].offset));
    }
    view_degrees(out, "lat", a->lat);
    view_degrees(out, "lng", a->lng);
}

enum err address_get(struct op *op, int64_t customer, int64_t id, struct address *out)
{
    struct rows r;
    TRY(db_look(op, &r, Q_ADDRESS_GET, P_INT(customer), P_INT(id)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    row_read(&r, 0, columns, COLUMNS, out);
    return ERR_OK;
}

enum err address_list(struct op *op, int64_t customer, struct view *out)
{
    struct rows r;
    TRY(db_query(op, &r, Q_ADDRESS_LIST, P_INT(customer), P_TEXT(lang_code(op->lang))));
    struct view *items = view_array(out, "items");
    for (int i = 0; i < r.count; i++) {
        struct address a;
        struct view *item = view_append(items);
        row_read(&r, i, columns, COLUMNS, &a);
        view_int(item, "id", row_int(&r, i, "id"));
        address_view(&a, item);
        view_text(item, "province_title", row_text(&r, i, "province_title"));
    }
    view_null(out, "next");
    return ERR_OK;
}

enum err address_add(struct op *op, int64_t customer, const struct address *a, int64_t *id)
{
    struct rows r;
    TRY(db_query(op, &r, Q_ADDRESS_ADD, P_INT(customer), P_TEXT(a->recipient), P_TEXT(a->phone),
                 P_TEXT(a->province), P_TEXT(a->city), P_TEXT(a->line), P_TEXT(a->plaque), P_TEXT(a->unit),
                 P_TEXT(a->postal_code), P_TEXT(a->note), P_OPT_INT(a->lat), P_OPT_INT(a->lng),
                 P_INT(ADDRESS_MAX)));
    if (r.count == 0)
        return err_set(op, ERR_CONFLICT, NULL);
    *id = row_int(&r, 0, "id");
    return ERR_OK;
}

void address_remember(struct op *op, int64_t customer, const struct address *a)
{
    db_queue(op, Q_ADDRESS_REMEMBER, P_INT(customer), P_TEXT(a->recipient), P_TEXT(a->phone), P_TEXT(a->province),
             P_TEXT(a->city), P_TEXT(a->line), P_TEXT(a->plaque), P_TEXT(a->unit), P_TEXT(a->postal_code),
             P_TEXT(a->note), P_OPT_INT(a->lat), P_OPT_INT(a->lng), P_INT(ADDRESS_MAX));
}

enum err address_change(struct op *op, int64_t customer, int64_t id, const struct address *a)
{
    struct rows r;
    TRY(db_query(op, &r, Q_ADDRESS_CHANGE, P_INT(customer), P_INT(id), P_TEXT(a->recipient),
                 P_TEXT(a->phone), P_TEXT(a->province), P_TEXT(a->city), P_TEXT(a->line), P_TEXT(a->plaque),
                 P_TEXT(a->unit), P_TEXT(a->postal_code), P_TEXT(a->note), P_OPT_INT(a->lat),
                 P_OPT_INT(a->lng)));
    return r.count ? ERR_OK : err_set(op, ERR_NOT_FOUND, NULL);
}

enum err address_archive(struct op *op, int64_t customer, int64_t id)
{
    struct rows r;
    TRY(db_query(op, &r, Q_ADDRESS_ARCHIVE, P_INT(customer), P_INT(id)));
    return r.count ? ERR_OK : err_set(op, ERR_NOT_FOUND, NULL);
}
