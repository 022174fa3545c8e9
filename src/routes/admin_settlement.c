/* Staff: settlement files of payment gateways beside the books. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "routes/cursor.h"
#include "shop/report.h"
#include "shop/settlement.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct settlement_post_in {
    const struct upload *file;
    const char *gateway;
};
static const struct field settlement_post_fields[] = {
    FIELD(F_FILE, settlement_post_in, file, .flags = F_REQUIRED, .doc = "CSV in UTF-8 with a heading; docs/reconciliation.md"),
    FIELD(F_TEXT, settlement_post_in, gateway, .max = 40, .doc = "absent: zibal"),
};
const struct schema settlement_post_in = SCHEMA(settlement_post_in, settlement_post_fields);

struct settlement_query {
    const char *state, *format;
};
static const struct field settlement_query_fields[] = {
    FIELD(F_ENUM, settlement_query, state,
          .choices = " posted matched amount_differs settled_before duplicate missing_in_books unreadable missing_in_file "),
    FIELD(F_ENUM, settlement_query, format, .choices = " csv "),
};
const struct schema settlement_query = SCHEMA(settlement_query, settlement_query_fields);

static const struct report_column line_columns[] = {
    { "line", ROW_INT, "سطر فایل", "Line", NULL, false },             { "state", ROW_TEXT, "وضعیت", "State", report_word, false },
    { "kind", ROW_TEXT, "نوع", "Type", report_word, false },                 { "track_id", ROW_TEXT, "شناسهٔ پیگیری", "Track id", NULL, false },
    { "reference", ROW_TEXT, "شمارهٔ مرجع", "Reference", NULL, false }, { "amount", ROW_INT, "مبلغ فایل (ریال)", "Amount in the file (Rial)", NULL, false },
    { "expected", ROW_INT, "مبلغ دفتر (ریال)", "Amount in the books (Rial)", NULL, false }, { "fee", ROW_INT, "کارمزد (ریال)", "Fee (Rial)", NULL, false },
    { "number", ROW_TEXT, "سفارش", "Order", NULL, false },            { "problem", ROW_TEXT, "ایراد", "Problem", report_problem, false },
    { "raw", ROW_TEXT, "متن سطر", "Text of the line", NULL, false },
};

enum err admin_settlement_list_get(struct request *req)
{
    const struct list_query *q = req->params;
    struct op *op = &req->op;
    struct rows r;
    int64_t before, limit = cursor_limit(q->limit);
    TRY(cursor_read(op, "settlements", q->cursor, &before));
    TRY(db_query(op, &r, Q_SETTLEMENT_LIST, P_OPT_INT(before), P_INT(limit)));
    view_json(req->reply.view, "items", row_text(&r, 0, "items"));
    cursor_next(op, "settlements", row_int(&r, 0, "next"), req->reply.view);
    return ERR_OK;
}

static const char *page_of(struct request *req, int64_t id, const char **uuid)
{
    struct rows r;
    *uuid = "";
    if (db_query(&req->op, &r, Q_SETTLEMENT_UUID, P_INT(id)) == ERR_OK && r.count)
        *uuid = row_text(&r, 0, "uuid");
    return arena_printf(req->op.arena, "/admin/settlements/%s", *uuid);
}

enum err admin_settlement_post(struct request *req)
{
    const struct settlement_post_in *in = req->input;
    struct op *op = &req->op;
    const char *uuid;
    struct settlement_in s = { .gateway = in->gateway ? in->gateway : "zibal", .file_name = in->file->filename, .data = in->file->data };
    TRY(settlement_upload(op, &s, &req->reply.resource_id));
    reply_created(req, page_of(req, req->reply.resource_id, &uuid));
    audit_write(op, "settlement.upload", arena_printf(op->arena, "settlement:%s", uuid), NULL, NULL);
    req->reply.resource = "settlement";
    return ERR_OK;
}

enum err admin_settlement_get(struct request *req)
{
    const struct settlement_query *q = req->params;
    struct op *op = &req->op;
    struct rows r, lines;
    TRY(db_query(op, &r, Q_SETTLEMENT_SEEN, P_TEXT(req->vars[0])));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    TRY(db_query(op, &lines, Q_SETTLEMENT_LINES, P_INT(row_int(&r, 0, "id")), P_TEXT(q->state)));
    if (q->format) {
        struct str csv = report_csv(op, &lines, line_columns, COUNT(line_columns));
        reply_header(req, "Content-Disposition", "attachment; filename=\"settlement.csv\"");
        reply_body(req, "text/csv; charset=utf-8", csv.p, csv.n);
        return ERR_OK;
    }
    view_json(req->reply.view, "settlement", row_text(&r, 0, "settlement"));
    view_text(req->reply.view, "state", q->state);
    report_items(&lines, line_columns, COUNT(line_columns), view_array(req->reply.view, "items"));
    return ERR_OK;
}

enum err admin_settlement_book_post(struct request *req)
{
    struct op *op = &req->op;
    TRY(settlement_post(op, req->vars[0], &req->reply.resource_id));
    audit_write(op, "settlement.post", arena_printf(op->arena, "settlement:%s", req->vars[0]), NULL, NULL);
    req->reply.resource = "settlement";
    req->reply.location = req->accept == ACCEPT_HTML ? arena_printf(op->arena, "/admin/settlements/%s", req->vars[0]) : NULL;
    return ERR_OK;
}

/* A preview that nobody wants; what was posted stays. */
enum err admin_settlement_delete(struct request *req)
{
    struct op *op = &req->op;
    struct rows r;
    TRY(db_query(op, &r, Q_SETTLEMENT_ROUTE, P_TEXT(req->vars[0])));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    TRY(db_query(op, &r, Q_SETTLEMENT_DROP, P_TEXT(req->vars[0])));
    if (r.count == 0)
        return err_set(op, ERR_CONFLICT, NULL);
    audit_write(op, "settlement.discard", arena_printf(op->arena, "settlement:%s", req->vars[0]), NULL, NULL);
    view_text(req->reply.view, "id", req->vars[0]);
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/settlements" : NULL;
    return ERR_OK;
}
