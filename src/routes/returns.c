/* Returns: a customer asks, staff decide, receive and pay back. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "routes/cursor.h"
#include "shop/returns.h"

static const struct field return_line_fields[] = {
    FIELD(F_INT, return_line, item_id, .min = 1, .max = INT64_MAX, .flags = F_REQUIRED),
    FIELD(F_INT, return_line, quantity, .min = 0, .max = 1000, .flags = F_REQUIRED, .doc = "0: none of this line"),
    FIELD(F_TEXT, return_line, reason, .max = 300),
};
static const struct schema return_line_in = SCHEMA(return_line, return_line_fields);

struct return_post_in {
    const struct return_line *lines;
    size_t line_count;
    const struct upload *photos;
};
static const struct field return_post_fields[] = {
    FIELD(F_ARRAY, return_post_in, lines, .min = 1, .max = 100, .sub = &return_line_in, .flags = F_REQUIRED,
          .count_offset = offsetof(struct return_post_in, line_count)),
    FIELD(F_FILE, return_post_in, photos, .doc = "up to four JPEG, PNG or WebP, the field repeated; together at most 8 MiB"),
};
const struct schema return_post_in = SCHEMA(return_post_in, return_post_fields);

struct return_decide_in {
    const char *reason;
};
static const struct field return_decide_fields[] = {
    FIELD(F_LONGTEXT, return_decide_in, reason, .max = 500),
};
const struct schema return_approve_in = SCHEMA(return_decide_in, return_decide_fields);
static const struct field return_refuse_fields[] = {
    FIELD(F_LONGTEXT, return_decide_in, reason, .min = 1, .max = 500, .flags = F_REQUIRED, .doc = "the customer reads it"),
};
const struct schema return_refuse_in = SCHEMA(return_decide_in, return_refuse_fields);

struct return_refund_in {
    const char *to, *iban, *reason;
    int wallet_consent;
};
static const struct field return_refund_fields[] = {
    FIELD(F_ENUM, return_refund_in, to, .choices = " gateway wallet manual ", .doc = "absent: the way the money came"),
    FIELD(F_TEXT, return_refund_in, iban, .max = 40),
    FIELD(F_LONGTEXT, return_refund_in, reason, .max = 500),
    FIELD(F_BOOL, return_refund_in, wallet_consent),
};
const struct schema return_refund_in = SCHEMA(return_refund_in, return_refund_fields);

struct return_query {
    const char *status, *cursor;
    int64_t limit;
};
static const struct field return_query_fields[] = {
    FIELD(F_ENUM, return_query, status, .choices = " requested approved refused received refunded closed "),
    FIELD(F_TEXT, return_query, cursor, .max = 4000),
    FIELD(F_INT, return_query, limit, .min = 1, .max = 100),
};
const struct schema return_query = SCHEMA(return_query, return_query_fields);

enum err return_post(struct request *req)
{
    const struct return_post_in *in = req->input;
    struct op *op = &req->op;
    struct order_facts o;
    struct rows r;
    struct str photos[RETURN_PHOTOS_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < req->upload_count && n <= RETURN_PHOTOS_MAX; i++)
        photos[n++] = req->uploads[i].data; /* the schema takes no other files */
    TRY(return_photos_make(op, photos, n));
    TRY(db_look(op, &r, Q_ORDER_OWN, P_TEXT(req->vars[0]), P_INT(req->principal.id)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    TRY(order_lock(op, row_int(&r, 0, "id"), true, &o));
    TRY(return_request(op, &o, in->lines, in->line_count, &req->reply.resource_id));
    return_photos_add(op, req->reply.resource_id, photos, n);
    req->reply.resource = "return";
    reply_created(req, arena_printf(op->arena, "/orders/%s", o.number));
    return ERR_OK;
}

static enum err show(struct request *req, const struct rows *r)
{
    if (r->count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    struct str image = row_bytes(&req->op, r, 0, "image");
    reply_body(req, "image/webp", image.p, image.n);
    return ERR_OK;
}

enum err return_photo_get(struct request *req)
{
    struct rows r;
    int64_t number;
    if (!str_int(str_of(req->vars[2]), &number))
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    TRY(db_query(&req->op, &r, Q_RETURN_PHOTO_OWN, P_TEXT(req->vars[0]), P_INT(req->principal.id), P_TEXT(req->vars[1]), P_INT(number)));
    return show(req, &r);
}

enum err admin_return_photo_get(struct request *req)
{
    struct rows r;
    int64_t number;
    if (!str_int(str_of(req->vars[1]), &number))
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    TRY(db_query(&req->op, &r, Q_RETURN_PHOTO, P_TEXT(req->vars[0]), P_INT(number)));
    return show(req, &r);
}

enum err admin_return_list_get(struct request *req)
{
    const struct return_query *q = req->params;
    struct op *op = &req->op;
    struct rows r;
    int64_t before, limit = cursor_limit(q->limit);
    const char *list = arena_printf(op->arena, "returns %s", q->status ? q->status : "");
    TRY(cursor_read(op, list, q->cursor, &before));
    TRY(db_query(op, &r, Q_RETURN_LIST, P_TEXT(q->status), P_OPT_INT(before), P_INT(limit), P_TEXT(lang_code(op->lang))));
    view_json(req->reply.view, "items", row_text(&r, 0, "items"));
    cursor_next(op, list, row_int(&r, 0, "next"), req->reply.view);
    return ERR_OK;
}

static void answer(struct request *req, int64_t id, const char *event)
{
    struct op *op = &req->op;
    audit_write(op, arena_printf(op->arena, "return.%s", event), arena_printf(op->arena, "return:%s", req->vars[0]), NULL, req->tree);
    req->reply.resource = "return";
    req->reply.resource_id = id;
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/returns" : NULL;
}

static enum err decide(struct request *req, const char *event)
{
    const struct return_decide_in *in = req->input;
    struct order_facts o;
    int64_t id;
    TRY(return_open(&req->op, req->vars[0], &o, &id));
    TRY(return_decide(&req->op, &o, id, event, in->reason));
    answer(req, id, event);
    return ERR_OK;
}

enum err admin_return_approve_post(struct request *req)
{
    return decide(req, "approve");
}

enum err admin_return_refuse_post(struct request *req)
{
    return decide(req, "refuse");
}

enum err admin_return_close_post(struct request *req)
{
    return decide(req, "close");
}

enum err admin_return_receive_post(struct request *req)
{
    const struct receive_in *in = req->input;
    struct order_facts o;
    int64_t id;
    TRY(return_open(&req->op, req->vars[0], &o, &id));
    TRY(return_receive(&req->op, &o, id, in->lines, in->line_count));
    answer(req, id, "receive");
    return ERR_OK;
}

enum err admin_return_refund_post(struct request *req)
{
    const struct return_refund_in *in = req->input;
    struct op *op = &req->op;
    struct order_facts o;
    const char *iban = NULL;
    int64_t id;
    if (in->iban && !text_iban(op->arena, str_of(in->iban), &iban)) {
        err_field(op, "/iban", "bad_iban", NULL);
        return ERR_INVALID_FIELD;
    }
    TRY(return_open(op, req->vars[0], &o, &id));
    TRY(return_refund(op, &o, id, &(struct refund_in){ .target = in->to, .consent = in->wallet_consent == 1, .iban = iban,
                                                       .reason = in->reason }));
    answer(req, id, "refund");
    return ERR_OK;
}
