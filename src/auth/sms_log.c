/* Messages: their log, the hourly budget, and telling the owner. */
#include "auth/sms_log.h"

#include "auth/limits.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/view.h"
#include "db/db.h"
#include "db/outbox.h"
#include "net/sms.h"

static const char *const outcomes[] = {
    [SMS_SENT] = "sent", [SMS_REFUSED] = "refused", [SMS_RETRY] = "failed",
};

static void tell_owner(struct op *op, const char *letter, const char *problem, int64_t number)
{
    struct view *payload = view_new(op->arena);
    view_text(payload, "letter", letter);
    view_text(payload, "problem", problem);
    view_int(payload, "number", number);
    outbox_add(op, "owner_letter", letter, payload, 0);
}

void sms_budget_spent(struct op *op, int64_t budget)
{
    tell_owner(op, "owner_sms_budget", NULL, budget);
}

enum err sms_log_add(struct op *op, const char *phone, const char *kind, const char *outcome,
                     const struct sms_result *s)
{
    struct rows r;
    bool fault = s && s->shop_fault;
    TRY(db_query(op, &r, Q_SMS_LOG_ADD, P_TEXT(phone), P_TEXT(kind), P_TEXT(outcome ? outcome : outcomes[s->outcome]),
                 P_TEXT(s ? s->message_id : NULL), s ? P_INT(s->provider_status) : P_NULL, P_TEXT(s ? s->problem : NULL),
                 P_BOOL(fault), P_TEXT(op->request_id)));
    if (!fault)
        return ERR_OK;
    metrics_add(METRIC_SMS_SHOP_FAULTS, 0, 1);
    if (!row_bool(&r, 0, "first_fault"))
        return ERR_OK;
    log_event(LOG_WARNING, "the SMS provider refuses the shop's account", LOG_S("problem", s->problem),
              LOG_I("status", s->provider_status));
    tell_owner(op, "owner_sms_fault", s->problem, s->provider_status);
    return db_flush(op);
}

static enum err faults(struct op *op, struct view *out)
{
    struct rows r;
    TRY(db_query(op, &r, Q_SMS_FAULTS));
    struct view *list = view_array(out, "faults");
    for (int i = 0; i < r.count; i++) {
        struct view *fault = view_append(list);
        view_text(fault, "problem", row_text(&r, i, "problem"));
        view_int(fault, "provider_status", row_int(&r, i, "provider_status"));
        view_int(fault, "messages", row_int(&r, i, "messages"));
        view_text(fault, "last_at", row_text(&r, i, "last_at"));
    }
    return ERR_OK;
}

static enum err budget(struct op *op, struct view *out)
{
    struct limits limits;
    struct rows r;
    TRY(limits_load(op, &limits));
    TRY(db_query(op, &r, Q_SMS_BUDGET_LIST));
    struct view *hours = view_array(out, "budget");
    for (int i = 0; i < r.count; i++) {
        struct view *hour = view_append(hours);
        view_text(hour, "hour", row_text(&r, i, "hour"));
        view_int(hour, "strangers", row_int(&r, i, "strangers"));
        view_int(hour, "known", row_int(&r, i, "known"));
        view_int(hour, "withheld", row_int(&r, i, "withheld"));
    }
    view_int(out, "strangers_per_hour", limits.sms_strangers_hour);
    view_bool(out, "spent", r.count && row_bool(&r, 0, "present") && row_int(&r, 0, "strangers") >= limits.sms_strangers_hour);
    return faults(op, out);
}

enum err sms_log_list(struct op *op, const char *phone, int64_t below, int64_t limit, struct view *out)
{
    static const char *const texts[] = { "at", "phone", "kind", "outcome", "message_id", "provider_status",
                                         "problem", "delivery", "request_id" };
    struct rows r;
    TRY(db_query(op, &r, Q_SMS_LOG_LIST, P_TEXT(phone), P_INT(below), P_INT(limit)));
    struct view *items = view_array(out, "items");
    for (int i = 0; i < r.count; i++) {
        struct view *item = view_append(items);
        view_int(item, "id", row_int(&r, i, "id"));
        for (size_t c = 0; c < sizeof(texts) / sizeof(texts[0]); c++)
            view_text(item, texts[c], row_text(&r, i, texts[c]));
    }
    view_text(out, "next", r.count == limit ? row_text(&r, r.count - 1, "id") : NULL);
    return budget(op, out);
}
