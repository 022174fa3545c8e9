/* Jobs that write to people, by the templates of web/templates/messages. */
#include "auth/otp.h"
#include "auth/sms_log.h"
#include "core/arena.h"
#include "core/conf.h"
#include "core/lang.h"
#include "core/str.h"
#include "core/view.h"
#include "db/db.h"
#include "db/outbox.h"
#include "db/tx.h"
#include "http/template.h"
#include "jobs/jobs.h"
#include "net/sms.h"
#include "shop/settings.h"

static const struct templates *messages;

void job_messages_use(const struct templates *templates)
{
    messages = templates;
}

enum err job_sms_code(struct op *op, const struct view *payload)
{
    return otp_send(op, payload);
}

enum err job_message_text(struct op *op, const char *message, const struct view *context, struct str *text)
{
    const char *name = arena_printf(op->arena, "messages/%s.%s", message, lang_code(op->lang));
    const struct template *t = messages ? templates_find(messages, name) : NULL;
    if (!t)
        return err_internal(op, ERR_INTERNAL, "no template %s", name);
    *text = str_trim(template_render(messages, t, op->arena, context, op->lang));
    return ERR_OK;
}

/* A final refusal by the provider is the end of it, not a reason to try again. */
static enum err send_text(struct op *op, const char *message, const char *phone, const struct view *context, int64_t job_id)
{
    struct sms_result result;
    struct str text;
    TRY(job_message_text(op, message, context, &text));
    sms_send_text(op, phone, str_dup(op->arena, text), job_id, &result);
    TRY(sms_log_add(op, phone, message, NULL, &result));
    if (result.outcome == SMS_RETRY)
        return err_internal(op, ERR_TIMEOUT, "%s", result.problem ? result.problem : "the SMS provider does not answer");
    return ERR_OK;
}

/* News of an order, or of a payment without one. */
static struct view *order_context(struct op *op, const struct rows *r)
{
    struct view *v = view_new(op->arena);
    bool order = !row_null(r, 0, "number");
    view_text(v, "number", row_text(r, 0, "number"));
    view_int(v, "total", row_int_or(r, 0, "total", 0));
    view_int(v, "due", row_int_or(r, 0, "due", 0));
    view_text(v, "name", row_text(r, 0, "name"));
    view_text(v, "tracking_number", row_text(r, 0, "tracking_number"));
    view_text(v, "url", order ? arena_printf(op->arena, "%s/orders/%s", op->conf->shop_base_url, row_text(r, 0, "number"))
                              : arena_printf(op->arena, "%s/account/wallet", op->conf->shop_base_url));
    if (!row_null(r, 0, "amount"))
        view_int(v, "amount", row_int(r, 0, "amount"));
    if (!row_null(r, 0, "pay_token"))
        view_text(v, "pay_url", arena_printf(op->arena, "%s/pay/%s", op->conf->shop_base_url, row_text(r, 0, "pay_token")));
    return v;
}

enum err job_order_message(struct op *op, const struct view *payload)
{
    struct rows r;
    const char *message = view_get_text(payload, "message");
    int64_t payment = view_get_int(payload, "payment_id", 0);
    TRY(db_query(op, &r, Q_MESSAGE_ORDER, P_INT(view_get_int(payload, "order_id", 0)), P_INT(payment)));
    bool old_news = r.count && str_is(str_of(message), "payment_unknown") &&
                    !str_is(str_of(row_text(&r, 0, "payment_status")), "unknown");
    if (r.count == 0 || old_news)
        return ERR_OK;
    op->lang = lang_parse(row_text(&r, 0, "lang"));
    return send_text(op, message, row_text(&r, 0, "phone"), order_context(op, &r), view_get_int(payload, "job_id", 0));
}

enum err job_refund_message(struct op *op, const struct view *payload)
{
    struct rows r;
    TRY(db_query(op, &r, Q_MESSAGE_REFUND, P_INT(view_get_int(payload, "refund_id", 0))));
    if (r.count == 0)
        return ERR_OK;
    const char *message = view_get_text(payload, "message");
    bool bounced = message && str_is(str_of(message), "refund_bounced");
    if (bounced != row_bool(&r, 0, "bounced")) /* old news: what has happened since has a message of its own */
        return ERR_OK;
    struct view *v = view_new(op->arena), *to = view_object(v, "to");
    bool rial = str_is(str_of(row_text(&r, 0, "currency")), "IRR");
    op->lang = lang_parse(row_text(&r, 0, "lang"));
    view_text(v, "number", row_text(&r, 0, "number"));
    view_int(v, "amount", row_int(&r, 0, "amount") / (rial ? 10 : 1));
    view_bool(v, "done", str_is(str_of(row_text(&r, 0, "status")), "done"));
    view_bool(to, row_text(&r, 0, "target"), true);
    view_text(v, "reference", row_text(&r, 0, "reference"));
    view_bool(v, "iban", row_bool(&r, 0, "iban"));
    if (!row_null(&r, 0, "number"))
        view_text(v, "url", arena_printf(op->arena, "%s/orders/%s", op->conf->shop_base_url, row_text(&r, 0, "number")));
    return send_text(op, bounced ? "refund_bounced" : "refund_done", row_text(&r, 0, "phone"), v, view_get_int(payload, "job_id", 0));
}

enum err job_stock_message(struct op *op, const struct view *payload)
{
    struct rows r;
    TRY(db_query(op, &r, Q_MESSAGE_STOCK, P_INT(view_get_int(payload, "request_id", 0))));
    if (r.count == 0)
        return ERR_OK;
    struct view *v = view_new(op->arena);
    op->lang = lang_parse(row_text(&r, 0, "lang"));
    view_text(v, "title", row_text(&r, 0, "title"));
    view_text(v, "url", arena_printf(op->arena, "%s/products/%s", op->conf->shop_base_url, row_text(&r, 0, "slug")));
    return send_text(op, "stock_back", row_text(&r, 0, "phone"), v, view_get_int(payload, "job_id", 0));
}

static enum err watch(struct op *op, void *arg)
{
    (void)arg;
    struct rows r;
    TRY(db_query(op, &r, Q_STOCK_WATCH));
    if (row_null(&r, 0, "first"))
        return ERR_OK;
    struct view *payload = view_new(op->arena);
    view_int(payload, "first", row_int(&r, 0, "first"));
    view_int(payload, "last", row_int(&r, 0, "last"));
    outbox_add(op, "stock_alert", NULL, payload, 0);
    return ERR_OK;
}

enum err job_stock_watch(struct op *op, const struct view *payload)
{
    (void)payload;
    return db_tx(op, watch, NULL);
}

/* One message for all that was noticed in one round. */
enum err job_stock_alert(struct op *op, const struct view *payload)
{
    struct settings s;
    struct rows r;
    TRY(settings_load(op, &s));
    if (!s.alert_phone[0])
        return ERR_OK;
    TRY(db_query(op, &r, Q_MESSAGE_STOCK_ALERT, P_INT(view_get_int(payload, "first", 0)), P_INT(view_get_int(payload, "last", 0))));
    struct view *v = view_new(op->arena);
    view_int(v, "variants", row_int(&r, 0, "variants"));
    view_text(v, "list", row_text(&r, 0, "list"));
    view_text(v, "url", arena_printf(op->arena, "%s/admin/stock?low=true", op->conf->shop_base_url));
    return send_text(op, "stock_low", s.alert_phone, v, view_get_int(payload, "job_id", 0));
}
