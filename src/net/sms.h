/* SMS through the configured provider (Kavenegar or SMS.ir; a row of a table each). Called by job
 * handlers only. Sources: kavenegar.com/rest.html, sms.ir v1. Job processes. */
#ifndef NET_SMS_H
#define NET_SMS_H

#include <stdbool.h>

#include "core/err.h"

enum sms_outcome { SMS_SENT, SMS_REFUSED, SMS_RETRY }; /* REFUSED: final (bad number, template …) */

struct sms_result {
    enum sms_outcome outcome;
    const char *message_id; /* provider's, NULL unless sent */
    int provider_status;
    const char *problem;
    bool shop_fault; /* of the shop's account: credit, key, line, template. The owner must act */
};

/* The approved one-time-code template with its one token (ASCII digits). */
void sms_send_code(struct op *op, const char *phone_e164, const char *code, struct sms_result *out);
/* Free text on the shop's service line. `local_id` guards against duplicates at the provider. */
void sms_send_text(struct op *op, const char *phone_e164, const char *text, int64_t local_id,
                   struct sms_result *out);

enum sms_delivery { SMS_UNDER_WAY, SMS_DELIVERED, SMS_UNDELIVERED };
/* What became of a message by the provider's id. False when nothing was learnt: ask again. */
bool sms_delivery(struct op *op, const char *message_id, enum sms_delivery *out);

#endif
