/* One-time codes: the job that hands a code to the SMS provider. */
#include "auth/otp.h"

#include "auth/seal.h"
#include "auth/sms_log.h"
#include "core/arena.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "net/sms.h"

static enum err hand_over(struct op *op, const char *phone, const char *code)
{
    struct sms_result result = { .outcome = SMS_RETRY };
    sms_send_code(op, phone, code, &result);
    TRY(sms_log_add(op, phone, "code", NULL, &result));
    log_event(result.outcome == SMS_SENT ? LOG_INFO : LOG_WARNING, "one-time code",
              LOG_S("phone", text_mask_phone(op->arena, phone)), LOG_S("outcome", result.outcome == SMS_SENT ? "sent" : "not sent"),
              LOG_S("problem", result.problem ? result.problem : ""), LOG_S("request_id", op->request_id));
    if (result.outcome == SMS_SENT)
        metrics_add(METRIC_OTP_SENT, 0, 1);
    if (result.outcome == SMS_RETRY)
        return err_internal(op, ERR_GATEWAY_UNAVAILABLE, "sms: %s", result.problem ? result.problem : "no answer");
    return ERR_OK;
}

enum err otp_send(struct op *op, const struct view *payload)
{
    const char *id = view_get_text(payload, "code_id");
    struct str code;
    struct rows r;
    if (!id)
        return err_internal(op, ERR_INTERNAL, "sms_code without code_id");
    TRY(db_query(op, &r, Q_OTP_SENDING, P_TEXT(id)));
    if (r.count == 0)
        return ERR_OK; /* used or cleaned away: nobody waits for it */
    const char *phone = row_text(&r, 0, "phone");
    if (row_bool(&r, 0, "expired"))
        return sms_log_add(op, phone, "code", "expired", NULL);
    if (!unseal(op, arena_printf(op->arena, "otp:%s", id), view_get_text(payload, "sealed"), &code))
        return err_internal(op, ERR_INTERNAL, "code %s cannot be unsealed", id);
    return hand_over(op, phone, str_dup(op->arena, code));
}
