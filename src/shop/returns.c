/* Returns. */
#include "shop/returns.h"

#include <string.h>

#include "core/arena.h"
#include "db/db.h"
#include "db/tx.h"
#include "shop/fsm.h"
#include "shop/media.h"
#include "shop/refund_row.h"
#include "shop/settings.h"

static enum err wrong(struct op *op, size_t k, const char *member, const char *code)
{
    err_field(op, arena_printf(op->arena, "/lines/%zu/%s", k, member), code, NULL);
    return ERR_INVALID_FIELD;
}

static enum err illegal(struct op *op, const char *status, const char *event)
{
    enum err e = err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
    err_param_text(op, "status", status);
    err_param_text(op, "event", event);
    return e;
}

static int row_of(const struct rows *r, const char *column, int64_t id)
{
    for (int i = 0; i < r->count; i++)
        if (row_int(r, i, column) == id)
            return i;
    return -1;
}

/* ---- asking ---- */

static enum err check_line(struct op *op, const struct rows *units, const struct return_line *lines, size_t k)
{
    int at = row_of(units, "id", lines[k].item_id);
    if (at < 0)
        return wrong(op, k, "item_id", "not_found");
    for (size_t i = 0; i < k; i++)
        if (lines[i].item_id == lines[k].item_id)
            return wrong(op, k, "item_id", "duplicate");
    if (!row_bool(units, at, "returnable") && lines[k].quantity > 0)
        return wrong(op, k, "item_id", "not_returnable");
    if (lines[k].quantity > row_int(units, at, "units"))
        return wrong(op, k, "quantity", "too_large");
    if (lines[k].quantity > 0 && !lines[k].reason)
        return wrong(op, k, "reason", "required");
    return ERR_OK;
}

static enum err check_window(struct op *op, const struct order_facts *o)
{
    struct rows r;
    if (strcmp(o->status, "delivered") != 0)
        return illegal(op, o->status, "return");
    TRY(db_query(op, &r, Q_RETURN_WINDOW, P_INT(o->id)));
    if (row_bool(&r, 0, "open"))
        return ERR_OK;
    enum err e = err_set(op, ERR_RETURN_TOO_LATE, NULL);
    err_param_text(op, "deadline", row_text(&r, 0, "deadline"));
    return e;
}

enum err return_request(struct op *op, struct order_facts *o, const struct return_line *lines, size_t n, int64_t *id)
{
    struct rows units, r;
    int64_t sum = 0;
    TRY(check_window(op, o));
    TRY(db_query(op, &units, Q_RETURN_UNITS, P_INT(o->id)));
    for (size_t k = 0; k < n; k++) {
        TRY(check_line(op, &units, lines, k));
        sum += lines[k].quantity;
    }
    if (sum == 0) {
        err_field(op, "/lines", "required", NULL);
        return ERR_INVALID_FIELD;
    }
    TRY(db_query(op, &r, Q_RETURN_ADD, P_INT(o->id), P_INT(o->customer_id)));
    *id = row_int(&r, 0, "id");
    for (size_t k = 0; k < n; k++)
        if (lines[k].quantity > 0)
            db_queue(op, Q_RETURN_LINE_ADD, P_INT(*id), P_INT(lines[k].item_id), P_INT(lines[k].quantity), P_TEXT(lines[k].reason));
    return ERR_OK;
}

enum err return_photos_make(struct op *op, struct str *photos, size_t n)
{
    struct media_file file;
    if (n > RETURN_PHOTOS_MAX) {
        err_field(op, "/photos", "too_many", NULL);
        return ERR_INVALID_FIELD;
    }
    for (size_t i = 0; i < n; i++) {
        enum err e = media_make(op, photos[i], &file, &photos[i]);
        if (e == ERR_IMAGE_INVALID && op->err->fields)
            op->err->fields->pointer = "/photos";
        TRY(e);
    }
    return ERR_OK;
}

void return_photos_add(struct op *op, int64_t id, const struct str *photos, size_t n)
{
    for (size_t i = 0; i < n; i++)
        db_queue(op, Q_RETURN_PHOTO_ADD, P_INT(id), P_INT((int64_t)i + 1), P_BYTES(photos[i].p, photos[i].n));
}

/* ---- deciding ---- */

enum err return_open(struct op *op, const char *uuid, struct order_facts *o, int64_t *id)
{
    struct rows r;
    TRY(db_look(op, &r, Q_RETURN_ROUTE, P_TEXT(uuid)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    *id = row_int(&r, 0, "id");
    return order_lock(op, row_int(&r, 0, "order_id"), true, o);
}

static enum err move(struct op *op, int64_t id, const char *event, const char *reason, int64_t refund)
{
    struct rows r;
    TRY(db_query(op, &r, Q_RETURN_LOCK, P_INT(id)));
    const struct transition *t = fsm_find(MACHINE_RETURN, row_text(&r, 0, "status"), event);
    if (!t || !fsm_actor_may(t, op->actor.kind))
        return illegal(op, row_text(&r, 0, "status"), event);
    db_queue(op, Q_RETURN_MOVE, P_INT(id), P_INT(row_int(&r, 0, "version")), P_TEXT(event), P_TEXT(t->to), P_TEXT(reason),
             refund ? P_INT(refund) : P_NULL);
    return ERR_OK;
}

enum err return_decide(struct op *op, const struct order_facts *o, int64_t id, const char *event, const char *reason)
{
    if (strcmp(event, "close") == 0)
        TRY(refund_none_waiting(op, o));
    return move(op, id, event, reason, 0);
}

/* ---- receiving and paying back ---- */

static enum err check_back(struct op *op, const struct rows *asked, const struct units_back *back, size_t n)
{
    int64_t sum = 0;
    for (size_t k = 0; k < n; k++) {
        int at = row_of(asked, "item_id", back[k].item_id);
        if (at < 0)
            return wrong(op, k, "item_id", "not_found");
        for (size_t i = 0; i < k; i++)
            if (back[i].item_id == back[k].item_id)
                return wrong(op, k, "item_id", "duplicate");
        if (back[k].restocked + back[k].written_off > row_int(asked, at, "quantity"))
            return wrong(op, k, "restocked", "too_large");
        sum += back[k].restocked + back[k].written_off;
    }
    if (sum > 0)
        return ERR_OK;
    err_field(op, "/lines", "required", NULL);
    return ERR_INVALID_FIELD;
}

enum err return_receive(struct op *op, struct order_facts *o, int64_t id, const struct units_back *back, size_t n)
{
    struct rows asked;
    int64_t *items = arena_array(op->arena, int64_t, n + 1), *restocked = arena_array(op->arena, int64_t, n + 1),
            *written_off = arena_array(op->arena, int64_t, n + 1);
    TRY(move(op, id, "receive", NULL, 0));
    TRY(db_query(op, &asked, Q_RETURN_LINES, P_INT(id)));
    TRY(check_back(op, &asked, back, n));
    for (size_t k = 0; k < n; k++) {
        items[k] = back[k].item_id;
        restocked[k] = back[k].restocked;
        written_off[k] = back[k].written_off;
    }
    db_queue(op, Q_RETURN_RECEIVED, P_INT(id), P_INT(o->id), P_INTS(items, n), P_INTS(restocked, n), P_INTS(written_off, n));
    return ERR_OK;
}

enum err return_refund(struct op *op, struct order_facts *o, int64_t id, const struct refund_in *refund)
{
    struct rows r, got;
    int64_t refund_id;
    bool waits = false;
    struct settings s;
    struct refund_in in = *refund;
    TRY(settings_load(op, &s));
    TRY(db_query(op, &r, Q_RETURN_LOCK, P_INT(id)));
    if (!fsm_find(MACHINE_RETURN, row_text(&r, 0, "status"), "refund"))
        return illegal(op, row_text(&r, 0, "status"), "refund");
    TRY(db_query(op, &got, Q_RETURN_LINES, P_INT(id)));
    struct refund_line *lines = arena_array(op->arena, struct refund_line, (size_t)got.count + 1);
    for (int i = 0; i < got.count; i++)
        lines[i] = (struct refund_line){ .item_id = row_int(&got, i, "item_id"), .quantity = row_int(&got, i, "received") };
    in.lines = lines;
    in.line_count = (size_t)got.count;
    in.asked = true;
    in.shipping = s.return_refunds_shipping;
    in.return_id = id;
    in.waits = &waits;
    TRY(refund_units(op, o, &in, &refund_id));
    if (waits)
        return ERR_OK;
    return move(op, id, refund_id ? "refund" : "close", in.reason, refund_id);
}

enum err return_paid(struct op *op, int64_t id, int64_t refund_id)
{
    return move(op, id, "refund", NULL, refund_id);
}
