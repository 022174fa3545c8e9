/* Staff: home and orders. */
#include "routes/handlers.h"

#include <string.h>

#include "auth/audit.h"
#include "core/arena.h"
#include "core/jalali.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "db/tx.h"
#include "routes/cursor.h"
#include "shop/order_event.h"

#define DAY_SECONDS 86400

enum err admin_home_get(struct request *req)
{
    struct rows r;
    const char *error = NULL;
    TRY(db_query(&req->op, &r, Q_ADMIN_HOME));
    req->reply.view = view_parse(req->op.arena, str_of(row_text(&r, 0, "home")), 8, &error);
    return ERR_OK;
}

struct admin_order_query {
    const char *status, *payment_status, *payment_method, *province, *item, *tracking_number, *q, *cursor;
    int64_t placed_from, placed_to, limit;
};
static const struct field admin_order_fields[] = {
    FIELD(F_ENUM, admin_order_query, status, .choices = " pending paid processing shipped delivered canceled returned "),
    FIELD(F_ENUM, admin_order_query, payment_status, .choices = " unpaid pending_review paid partially_refunded refunded "),
    FIELD(F_ENUM, admin_order_query, payment_method, .choices = " gateway wallet card_to_card cod "),
    FIELD(F_TEXT, admin_order_query, province, .max = 5, .doc = "IR-23"),
    FIELD(F_TEXT, admin_order_query, item, .max = 100, .doc = "part of a title, SKU or slug"),
    FIELD(F_CODE, admin_order_query, tracking_number, .max = 60),
    FIELD(F_TEXT, admin_order_query, q, .max = 100, .doc = "number, or part of a phone (any spelling) or name"),
    FIELD(F_TIME, admin_order_query, placed_from),
    FIELD(F_TIME, admin_order_query, placed_to, .doc = "a date: until its end"),
    FIELD(F_TEXT, admin_order_query, cursor, .max = 4000),
    FIELD(F_INT, admin_order_query, limit, .min = 1, .max = 100),
};
const struct schema admin_order_query = SCHEMA(admin_order_query, admin_order_fields);

#define PHONE_DIGITS_MIN 3

/* What a search word may be; each NULL when it is not. */
struct words {
    const char *number, *phone, *name;
};

/* A word for LIKE, with its own % and _ as they are. */
static const char *part_of(struct op *op, const char *text)
{
    struct buf b;
    buf_init(&b, op->arena, 64);
    buf_char(&b, '%');
    for (const char *p = text; *p; p++) {
        if (*p == '%' || *p == '_' || *p == '\\')
            buf_char(&b, '\\');
        buf_char(&b, *p);
    }
    buf_char(&b, '%');
    return buf_text(&b);
}

/* The digits behind 0, 98, +98 or 0098, when there is nothing but digits and what people put between. */
static const char *phone_digits(struct op *op, const char *folded)
{
    struct buf b;
    buf_init(&b, op->arena, 32);
    if (folded[strspn(folded, "0123456789 +-()")] != '\0')
        return NULL;
    for (const char *p = folded; *p; p++)
        if (*p >= '0' && *p <= '9')
            buf_char(&b, *p);
    const char *digits = buf_text(&b);
    static const char *const prefixes[] = { "0098", "98", "0" };
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (strncmp(digits, prefixes[i], strlen(prefixes[i])) == 0) {
            digits += strlen(prefixes[i]);
            break;
        }
    return strlen(digits) >= PHONE_DIGITS_MIN ? digits : NULL;
}

static struct words read_words(struct op *op, const char *q)
{
    if (!q || !*q)
        return (struct words){ NULL, NULL, NULL };
    const char *folded = text_fold_digits(op->arena, str_of(q));
    return (struct words){ folded, phone_digits(op, folded), part_of(op, q) };
}

/* A cursor belongs to the filters it was made with. */
static const char *list_of(struct op *op, const struct admin_order_query *q)
{
    const char *const words[] = { q->status, q->payment_status, q->payment_method, q->province, q->item, q->tracking_number, q->q };
    struct buf b;
    buf_init(&b, op->arena, 128);
    buf_printf(&b, "admin-orders %lld %lld", (long long)q->placed_from, (long long)q->placed_to);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        buf_printf(&b, " %zu:%s", words[i] ? strlen(words[i]) : 0, words[i] ? words[i] : "");
    return buf_text(&b);
}

enum err admin_order_list_get(struct request *req)
{
    const struct admin_order_query *q = req->params;
    struct op *op = &req->op;
    struct rows r;
    struct words w = read_words(op, q->q);
    int64_t before, limit = cursor_limit(q->limit), to = q->placed_to;
    if (to != INT_ABSENT && jalali_from_unix(to).hour == 0 && jalali_from_unix(to).minute == 0)
        to += DAY_SECONDS;
    TRY(cursor_read(op, list_of(op, q), q->cursor, &before));
    TRY(db_query(op, &r, Q_ADMIN_ORDER_LIST, P_TEXT(q->status), P_TEXT(q->payment_status), P_TEXT(q->payment_method),
                 P_OPT_INT(q->placed_from), P_OPT_INT(to), P_TEXT(q->province), P_TEXT(q->item ? part_of(op, q->item) : NULL),
                 P_TEXT(q->tracking_number), P_TEXT(w.number), P_TEXT(w.phone), P_TEXT(w.name), P_OPT_INT(before), P_INT(limit),
                 P_TEXT(lang_code(op->lang))));
    view_json(req->reply.view, "items", row_text(&r, 0, "items"));
    cursor_next(op, list_of(op, q), row_int(&r, 0, "next"), req->reply.view);
    if (req->accept == ACCEPT_HTML) {
        TRY(db_query(op, &r, Q_PROVINCES, P_TEXT(lang_code(op->lang))));
        view_json(req->reply.view, "provinces", row_text(&r, 0, "items"));
    }
    return ERR_OK;
}

static enum err order_id(struct request *req, int64_t *id)
{
    struct rows r;
    TRY(db_look(&req->op, &r, Q_ORDER_BY_NUMBER, P_TEXT(req->vars[0])));
    if (r.count == 0)
        return err_set(&req->op, ERR_NOT_FOUND, NULL);
    *id = row_int(&r, 0, "id");
    return ERR_OK;
}

enum err admin_order_get(struct request *req)
{
    TRY(order_id(req, &req->reply.resource_id));
    req->reply.resource = "admin_order";
    return ERR_OK;
}

struct transition_in {
    const char *event, *tracking_number, *carrier, *reason, *refund_to;
    int wallet_consent;
};
static const struct field transition_fields[] = {
    FIELD(F_ENUM, transition_in, event, .choices = " process ship deliver cancel confirm_cod close ", .flags = F_REQUIRED),
    FIELD(F_CODE, transition_in, tracking_number, .max = 60),
    FIELD(F_TEXT, transition_in, carrier, .max = 60),
    FIELD(F_LONGTEXT, transition_in, reason, .max = 500),
    FIELD(F_ENUM, transition_in, refund_to, .choices = " gateway wallet manual "),
    FIELD(F_BOOL, transition_in, wallet_consent),
};
const struct schema transition_in = SCHEMA(transition_in, transition_fields);

enum err admin_transition_post(struct request *req)
{
    const struct transition_in *in = req->input;
    struct op *op = &req->op;
    int64_t id;
    TRY(order_id(req, &id));
    TRY(order_transition(op, id, &(struct order_event){ .event = in->event, .reason = in->reason, .cancel_reason = "staff",
        .carrier = in->carrier, .tracking_number = in->tracking_number, .refund_to = in->refund_to,
        .wallet_consent = in->wallet_consent == 1 }));
    audit_write(op, arena_printf(op->arena, "order.%s", in->event), arena_printf(op->arena, "order:%s", req->vars[0]), NULL, req->tree);
    req->reply.resource = "admin_order";
    req->reply.resource_id = id;
    req->reply.location = req->accept == ACCEPT_HTML ? arena_printf(op->arena, "/admin/orders/%s", req->vars[0]) : NULL;
    return ERR_OK;
}
