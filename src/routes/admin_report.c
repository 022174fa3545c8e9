/* Staff: reports out of the books. */
#include "routes/handlers.h"

#include <string.h>

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/report.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct report_query {
    int64_t from, to;
    const char *by, *format;
};
static const struct field report_fields[] = {
    FIELD(F_TIME, report_query, from, .doc = "first day, of Tehran"),
    FIELD(F_TIME, report_query, to, .doc = "last day, of Tehran"),
    FIELD(F_ENUM, report_query, by, .choices = " day province "),
    FIELD(F_ENUM, report_query, format, .choices = " csv "),
};
const struct schema report_query = SCHEMA(report_query, report_fields);

static const struct report_column ledger_columns[] = {
    { "account", ROW_TEXT, "حساب", "Account", report_account, false }, { "currency", ROW_TEXT, "واحد", "Currency", report_currency, false },
    { "opening", ROW_INT, "ماندهٔ آغاز", "Opening", NULL, false }, { "debit", ROW_INT, "بدهکار", "Debit", NULL, false },
    { "credit", ROW_INT, "بستانکار", "Credit", NULL, false },   { "balance", ROW_INT, "ماندهٔ پایان", "Balance", NULL, false },
};
static const struct report_column sales_columns[] = {
    { "key", ROW_TEXT, "شناسه", "Key", NULL, true }, { "title", ROW_TEXT, "عنوان", "Title", report_day, false },
    { "orders", ROW_INT, "سفارش", "Orders", NULL, false },    { "sales", ROW_INT, "فروش", "Sales", NULL, false },
    { "discounts", ROW_INT, "تخفیف", "Discounts", NULL, false }, { "returns", ROW_INT, "برگشت", "Returns", NULL, false },
    { "revenue", ROW_INT, "درآمد", "Revenue", NULL, false },  { "shipping", ROW_INT, "ارسال", "Shipping", NULL, false },
    { "tax", ROW_INT, "مالیات", "Tax", NULL, false },
};
static const struct report_column receivable_columns[] = {
    { "account", ROW_TEXT, "حساب", "Account", report_account, false }, { "party", ROW_TEXT, "نزد", "Held by", report_gateway, false },
    { "currency", ROW_TEXT, "واحد", "Currency", report_currency, false }, { "balance", ROW_INT, "مانده", "Balance", NULL, false },
};

/* The last day is not before the first. */
static enum err check_period(struct request *req)
{
    const struct report_query *q = req->params;
    if (q->from == INT_ABSENT || q->to == INT_ABSENT || q->from <= q->to)
        return ERR_OK;
    err_field(&req->op, "/to", "too_small", NULL);
    return ERR_INVALID_FIELD;
}

/* As the caller wants it: a file, a page or JSON. */
static void answer(struct request *req, const char *kind, const struct rows *r, const struct report_column *columns, size_t n)
{
    const struct report_query *q = req->params;
    struct op *op = &req->op;
    if (q->format) {
        struct str csv = report_csv(op, r, columns, n);
        reply_header(req, "Content-Disposition", arena_printf(op->arena, "attachment; filename=\"%s.csv\"", kind));
        reply_body(req, "text/csv; charset=utf-8", csv.p, csv.n);
        return;
    }
    view_text(req->reply.view, "report", kind);
    report_items(r, columns, n, view_array(req->reply.view, "items"));
    if (req->accept == ACCEPT_HTML)
        report_table(op, r, columns, n, view_object(req->reply.view, "table"));
}

/* The sums of a trial balance, which are zero. */
static void totals(struct op *op, const struct rows *r, struct view *list)
{
    static const char *const currencies[] = { "IRT", "IRR" };
    for (size_t k = 0; k < COUNT(currencies); k++) {
        int64_t debit = 0, credit = 0, balance = 0;
        for (int i = 0; i < r->count; i++)
            if (strcmp(row_text(r, i, "currency"), currencies[k]) == 0) {
                debit += row_int(r, i, "debit");
                credit += row_int(r, i, "credit");
                balance += row_int(r, i, "balance");
            }
        struct view *v = view_append(list);
        view_text(v, "currency", currencies[k]);
        view_text(v, "unit", report_currency(op, currencies[k]));
        view_int(v, "debit", debit);
        view_int(v, "credit", credit);
        view_int(v, "balance", balance);
    }
}

enum err admin_report_ledger_get(struct request *req)
{
    const struct report_query *q = req->params;
    struct rows r;
    TRY(check_period(req));
    TRY(db_query(&req->op, &r, Q_REPORT_LEDGER, P_OPT_INT(q->from), P_OPT_INT(q->to)));
    answer(req, "ledger", &r, ledger_columns, COUNT(ledger_columns));
    if (!q->format)
        totals(&req->op, &r, view_array(req->reply.view, "totals"));
    return ERR_OK;
}

enum err admin_report_sales_get(struct request *req)
{
    const struct report_query *q = req->params;
    struct op *op = &req->op;
    struct rows r;
    TRY(check_period(req));
    TRY(db_query(op, &r, Q_REPORT_SALES, P_TEXT(q->by ? q->by : "day"), P_OPT_INT(q->from), P_OPT_INT(q->to), P_TEXT(lang_code(op->lang))));
    answer(req, "sales", &r, sales_columns, COUNT(sales_columns));
    return ERR_OK;
}

enum err admin_report_receivables_get(struct request *req)
{
    struct rows r;
    TRY(db_query(&req->op, &r, Q_REPORT_RECEIVABLES));
    answer(req, "receivables", &r, receivable_columns, COUNT(receivable_columns));
    return ERR_OK;
}
