/* Staff: parcels, canceled lines, notes, corrections and packing slips of an order. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "shop/line_cancel.h"
#include "shop/order_note.h"
#include "shop/shipment.h"

static const struct field order_units_fields[] = {
    FIELD(F_INT, order_units, item_id, .min = 1, .max = INT64_MAX, .flags = F_REQUIRED),
    FIELD(F_INT, order_units, quantity, .min = 0, .max = 1000, .flags = F_REQUIRED, .doc = "0: none of this line"),
};
static const struct schema order_units_in = SCHEMA(order_units, order_units_fields);

static const struct field units_back_fields[] = {
    FIELD(F_INT, units_back, item_id, .min = 1, .max = INT64_MAX, .flags = F_REQUIRED),
    FIELD(F_INT, units_back, restocked, .min = 0, .max = 1000, .flags = F_REQUIRED, .doc = "on the shelf again"),
    FIELD(F_INT, units_back, written_off, .min = 0, .max = 1000, .flags = F_REQUIRED, .doc = "damaged or missing"),
};
static const struct schema units_back_in = SCHEMA(units_back, units_back_fields);

struct shipment_post_in {
    const struct order_units *items;
    size_t item_count;
    const char *carrier, *tracking_number;
};
static const struct field shipment_post_fields[] = {
    FIELD(F_ARRAY, shipment_post_in, items, .min = 1, .max = 100, .sub = &order_units_in, .flags = F_REQUIRED,
          .count_offset = offsetof(struct shipment_post_in, item_count)),
    FIELD(F_TEXT, shipment_post_in, carrier, .max = 60),
    FIELD(F_CODE, shipment_post_in, tracking_number, .max = 60),
};
const struct schema shipment_post_in = SCHEMA(shipment_post_in, shipment_post_fields);

struct shipment_change_in {
    const char *status;
};
static const struct field shipment_change_fields[] = {
    FIELD(F_ENUM, shipment_change_in, status, .choices = " delivered failed returned_to_sender lost ", .flags = F_REQUIRED),
};
const struct schema shipment_change_in = SCHEMA(shipment_change_in, shipment_change_fields);

static const struct field receive_fields[] = {
    FIELD(F_ARRAY, receive_in, lines, .min = 1, .max = 100, .sub = &units_back_in, .flags = F_REQUIRED,
          .count_offset = offsetof(struct receive_in, line_count)),
};
const struct schema receive_in = SCHEMA(receive_in, receive_fields);

struct cancel_lines_in {
    const struct order_units *lines;
    size_t line_count;
    const char *reason, *refund_to;
    int wallet_consent;
};
static const struct field cancel_lines_fields[] = {
    FIELD(F_ARRAY, cancel_lines_in, lines, .min = 1, .max = 100, .sub = &order_units_in, .flags = F_REQUIRED,
          .count_offset = offsetof(struct cancel_lines_in, line_count)),
    FIELD(F_LONGTEXT, cancel_lines_in, reason, .max = 500, .flags = F_REQUIRED),
    FIELD(F_ENUM, cancel_lines_in, refund_to, .choices = " gateway wallet manual ", .doc = "absent: the way the money came"),
    FIELD(F_BOOL, cancel_lines_in, wallet_consent),
};
const struct schema cancel_lines_in = SCHEMA(cancel_lines_in, cancel_lines_fields);

struct order_note_in {
    const char *text;
};
static const struct field order_note_fields[] = {
    FIELD(F_LONGTEXT, order_note_in, text, .min = 1, .max = 2000, .flags = F_REQUIRED),
};
const struct schema order_note_in = SCHEMA(order_note_in, order_note_fields);

/* The order of the path under all its locks. */
static enum err lock_order(struct request *req, struct order_facts *o)
{
    struct rows r;
    TRY(db_look(&req->op, &r, Q_ORDER_BY_NUMBER, P_TEXT(req->vars[0])));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    return order_lock(&req->op, row_int(&r, 0, "id"), true, o);
}

static void answer(struct request *req, const struct order_facts *o, const char *action, const struct view *before)
{
    struct op *op = &req->op;
    audit_write(op, action, arena_printf(op->arena, "order:%s", o->number), before, req->tree);
    req->reply.resource = "admin_order";
    req->reply.resource_id = o->id;
    req->reply.location = req->accept == ACCEPT_HTML ? arena_printf(op->arena, "/admin/orders/%s", o->number) : NULL;
}

static enum err parcel_id(struct request *req, int64_t *id)
{
    if (!str_int(str_of(req->vars[1]), id))
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    return ERR_OK;
}

enum err admin_shipment_post(struct request *req)
{
    const struct shipment_post_in *in = req->input;
    struct order_facts o;
    int64_t id;
    TRY(lock_order(req, &o));
    TRY(shipment_create(&req->op, &o, &(struct shipment_in){ .units = in->items, .n = in->item_count, .carrier = in->carrier,
        .tracking_number = in->tracking_number }, &id));
    answer(req, &o, "order.shipment", NULL);
    reply_created(req, arena_printf(req->op.arena, "/admin/orders/%s", o.number));
    return ERR_OK;
}

enum err admin_shipment_patch(struct request *req)
{
    const struct shipment_change_in *in = req->input;
    struct order_facts o;
    int64_t id;
    TRY(parcel_id(req, &id));
    TRY(lock_order(req, &o));
    TRY(shipment_change(&req->op, &o, id, in->status));
    answer(req, &o, "order.shipment.status", NULL);
    return ERR_OK;
}

enum err admin_shipment_receive_post(struct request *req)
{
    const struct receive_in *in = req->input;
    struct order_facts o;
    int64_t id;
    TRY(parcel_id(req, &id));
    TRY(lock_order(req, &o));
    TRY(shipment_receive(&req->op, &o, id, in->lines, in->line_count));
    answer(req, &o, "order.shipment.receive", NULL);
    return ERR_OK;
}

enum err admin_cancel_lines_post(struct request *req)
{
    const struct cancel_lines_in *in = req->input;
    struct order_facts o;
    TRY(lock_order(req, &o));
    TRY(line_cancel(&req->op, &o, &(struct line_cancel_in){ .units = in->lines, .n = in->line_count, .reason = in->reason,
        .refund_to = in->refund_to, .wallet_consent = in->wallet_consent == 1 }));
    answer(req, &o, "order.cancel_lines", NULL);
    return ERR_OK;
}

static enum err read_address(struct op *op, int64_t order, struct address *a)
{
    static const struct column columns[] = {
        COLUMN(ROW_TEXT, address, recipient), COLUMN(ROW_TEXT, address, phone), COLUMN(ROW_TEXT, address, province),
        COLUMN(ROW_TEXT, address, city), COLUMN(ROW_TEXT, address, line), COLUMN(ROW_TEXT, address, plaque),
        COLUMN(ROW_TEXT, address, unit), COLUMN(ROW_TEXT, address, postal_code), COLUMN(ROW_TEXT, address, note),
        COLUMN(ROW_INT, address, lat), COLUMN(ROW_INT, address, lng),
    };
    struct rows r;
    TRY(db_query(op, &r, Q_ORDER_ADDRESS, P_INT(order)));
    if (r.count == 0) /* picked up: there is none */
        return err_set(op, ERR_ILLEGAL_TRANSITION, NULL);
    row_read(&r, 0, columns, sizeof(columns) / sizeof(columns[0]), a);
    return ERR_OK;
}

/* What is named replaces what the snapshot says; the rest stays. */
enum err admin_address_patch(struct request *req)
{
    struct op *op = &req->op;
    struct order_facts o;
    struct address a;
    struct view *before = view_new(op->arena), *after = view_new(op->arena);
    TRY(lock_order(req, &o));
    TRY(order_address_check(op, &o));
    TRY(read_address(op, o.id, &a));
    address_view(&a, before);
    address_apply(req->input, &a);
    TRY(address_check(op, &a, ""));
    address_view(&a, after);
    order_address_change(op, &o, after);
    answer(req, &o, "order.address", before);
    return ERR_OK;
}

enum err admin_note_post(struct request *req)
{
    const struct order_note_in *in = req->input;
    struct order_facts o;
    TRY(lock_order(req, &o));
    order_note(&req->op, &o, in->text);
    answer(req, &o, "order.note", NULL);
    reply_created(req, arena_printf(req->op.arena, "/admin/orders/%s", o.number));
    return ERR_OK;
}
