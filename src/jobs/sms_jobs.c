/* What became of messages: the provider is asked about those it took. */
#include "core/arena.h"
#include "core/log.h"
#include "db/db.h"
#include "jobs/jobs.h"
#include "net/sms.h"

#define MESSAGES_A_ROUND 50

static const char *const words[] = {
    [SMS_UNDER_WAY] = NULL, [SMS_DELIVERED] = "delivered", [SMS_UNDELIVERED] = "undelivered",
};

/* A provider that does not answer is asked again in the next round. */
enum err job_sms_status(struct op *op, const struct view *payload)
{
    (void)payload;
    struct rows r;
    TRY(db_query(op, &r, Q_SMS_UNDECIDED, P_INT(MESSAGES_A_ROUND)));
    for (int i = 0; i < r.count; i++) {
        enum sms_delivery delivery;
        if (!sms_delivery(op, row_text(&r, i, "message_id"), &delivery)) {
            log_event(LOG_WARNING, "delivery of messages is not known", LOG_I("waiting", r.count - i));
            return ERR_OK;
        }
        TRY(db_exec(op, Q_SMS_DECIDED, P_INT(row_int(&r, i, "id")), P_TEXT(words[delivery])));
    }
    return ERR_OK;
}
