/* Invoice, credit note and packing slip. */
#include "routes/document.h"

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "http/page.h"
#include "print/pdf.h"
#include "routes/app.h"
#include "routes/handlers.h"

struct document_query {
    const char *format;
};
static const struct field document_fields[] = {
    FIELD(F_ENUM, document_query, format, .choices = " pdf ", .doc = "pdf: to download"),
};
const struct schema document_query = SCHEMA(document_query, document_fields);

enum err document_finish(struct request *req, enum err result, const struct templates *templates)
{
    struct str markup, pdf;
    if (result || !req->reply.print)
        return result;
    if (!page_render(req, templates, req->reply.print, req->reply.view, app_chrome, &markup))
        return err_internal(&req->op, ERR_INTERNAL, "template %s is missing", req->reply.print);
    TRY(print_pdf(&req->op, markup, &pdf));
    reply_header(req, "Content-Disposition", arena_printf(req->op.arena, "attachment; filename=\"%s\"", req->reply.filename));
    reply_body(req, "application/pdf", pdf.p, pdf.n);
    return ERR_OK;
}

static enum err answer(struct request *req, const struct rows *r, const char *column, const char *print, const char *filename)
{
    const struct document_query *q = req->params;
    const char *error = NULL;
    req->reply.view = view_parse(req->op.arena, str_of(row_text(r, 0, column)), 32, &error);
    if (q->format) {
        req->reply.print = print;
        req->reply.filename = filename;
    }
    return ERR_OK;
}

/* The order's id; a customer sees only own orders. */
static enum err find_order(struct request *req, int64_t *id)
{
    struct rows r;
    if (req->principal.kind == ACTOR_STAFF)
        TRY(db_look(&req->op, &r, Q_ORDER_BY_NUMBER, P_TEXT(req->vars[0])));
    else
        TRY(db_look(&req->op, &r, Q_ORDER_OWN, P_TEXT(req->vars[0]), P_INT(req->principal.id)));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    *id = row_int(&r, 0, "id");
    return ERR_OK;
}

static enum err invoice(struct request *req)
{
    struct rows r;
    int64_t id;
    TRY(find_order(req, &id));
    TRY(db_query(&req->op, &r, Q_ORDER_INVOICE, P_INT(id), P_TEXT(lang_code(req->op.lang))));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_INVOICED, NULL);
    return answer(req, &r, "invoice", "print/invoice", arena_printf(req->op.arena, "invoice-%s.pdf", req->vars[0]));
}

static enum err credit_note(struct request *req)
{
    struct rows r;
    int64_t id, number;
    TRY(find_order(req, &id));
    if (!str_int(str_of(req->vars[1]), &number))
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    TRY(db_query(&req->op, &r, Q_CREDIT_NOTE, P_INT(id), P_INT(number), P_TEXT(lang_code(req->op.lang))));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    return answer(req, &r, "note", "print/credit_note",
                  arena_printf(req->op.arena, "credit-note-%s-%s.pdf", req->vars[0], req->vars[1]));
}

enum err order_invoice_get(struct request *req) { return invoice(req); }
enum err admin_invoice_get(struct request *req) { return invoice(req); }
enum err order_credit_note_get(struct request *req) { return credit_note(req); }
enum err admin_credit_note_get(struct request *req) { return credit_note(req); }

enum err admin_packing_slip_get(struct request *req)
{
    struct rows r;
    TRY(db_query(&req->op, &r, Q_PACKING_SLIP, P_TEXT(req->vars[0]), P_TEXT(lang_code(req->op.lang))));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    return answer(req, &r, "slip", "print/packing_slip", arena_printf(req->op.arena, "packing-slip-%s.pdf", req->vars[0]));
}
