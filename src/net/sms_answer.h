/* Reading the answers of SMS providers. The tables hold every status code that the providers
 * document. A fault of the message (number, text, template) is final: REFUSED. A fault of the
 * account or the provider (credit, key, address, load) can be cured and the message is good: RETRY;
 * so is what nobody has documented. Sources: kavenegar.com/rest.html, SMS.ir v1. Pure. */
#ifndef NET_SMS_ANSWER_H
#define NET_SMS_ANSWER_H

#include "core/str.h"
#include "net/sms.h"

struct arena;

/* http_status and body of a complete answer. Strings in *out are arena-owned or static. */
void sms_read_kavenegar(struct arena *a, int http_status, struct str body, struct sms_result *out);
void sms_read_smsir(struct arena *a, int http_status, struct str body, struct sms_result *out);
/* Answers to the question what became of a message; false when they do not tell. */
bool sms_read_kavenegar_delivery(struct arena *a, int http_status, struct str body, enum sms_delivery *out);
bool sms_read_smsir_delivery(struct arena *a, int http_status, struct str body, enum sms_delivery *out);

#endif
