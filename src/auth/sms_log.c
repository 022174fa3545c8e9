/* What staff see of messages. */
#include "auth/sms_log.h"

#include "auth/limits.h"
#include "core/view.h"
#include "db/db.h"

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
    return ERR_OK;
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
