/* Staff: days without work: nothing is sent on them, and the time to return goods does not count them. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"

struct holiday_in {
    int64_t day;
    const char *title;
};
static const struct field holiday_fields[] = {
    FIELD(F_TIME, holiday_in, day, .flags = F_REQUIRED, .doc = "a date, as the calendar of Tehran has it"),
    FIELD(F_TEXT, holiday_in, title, .min = 1, .max = 100, .flags = F_REQUIRED),
};
const struct schema holiday_in = SCHEMA(holiday_in, holiday_fields);

enum err admin_holiday_list_get(struct request *req)
{
    struct rows r;
    TRY(db_query(&req->op, &r, Q_HOLIDAY_LIST));
    view_json(req->reply.view, "items", row_text(&r, 0, "items"));
    view_null(req->reply.view, "next");
    return ERR_OK;
}

/* The same day again changes its title. */
enum err admin_holiday_post(struct request *req)
{
    const struct holiday_in *in = req->input;
    struct op *op = &req->op;
    struct rows r;
    TRY(db_query(op, &r, Q_HOLIDAY_PUT, P_INT(in->day), P_TEXT(in->title)));
    view_text(req->reply.view, "day", row_text(&r, 0, "day"));
    view_text(req->reply.view, "title", in->title);
    audit_write(op, "holiday.put", arena_printf(op->arena, "holiday:%s", row_text(&r, 0, "day")), NULL, req->reply.view);
    reply_created(req, "/admin/holidays");
    return ERR_OK;
}

enum err admin_holiday_delete(struct request *req)
{
    struct op *op = &req->op;
    struct rows r;
    TRY(db_query(op, &r, Q_HOLIDAY_DROP, P_TEXT(req->vars[0])));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    audit_write(op, "holiday.drop", arena_printf(op->arena, "holiday:%s", row_text(&r, 0, "day")), NULL, NULL);
    req->reply.location = req->accept == ACCEPT_HTML ? "/admin/holidays" : NULL;
    return admin_holiday_list_get(req);
}
