/* Messages: the log of what went to the SMS provider, the hourly budget, and telling the owner. */
#ifndef AUTH_SMS_LOG_H
#define AUTH_SMS_LOG_H

#include <stdint.h>

#include "core/err.h"

struct view;
struct sms_result;

/* Writes down what became of a message; `outcome` NULL: what the result says. The first fault of the
 * shop's account in a day is also a letter to the owner. Job processes. */
enum err sms_log_add(struct op *op, const char *phone, const char *kind, const char *outcome,
                     const struct sms_result *result) MUST_CHECK;
/* Queues the letter (job "owner_letter") that the hour's budget for strangers is spent. */
void sms_budget_spent(struct op *op, int64_t budget);

/* {items: [{id, at, phone, kind, outcome, message_id, provider_status, problem, delivery, request_id}],
 * next, budget: [{hour, strangers, known, withheld}], strangers_per_hour, spent, faults: [{problem,
 * provider_status, messages, last_at}]}, newest first. `phone` NULL: all;
 * `below` 0: from the newest. */
enum err sms_log_list(struct op *op, const char *phone, int64_t below, int64_t limit, struct view *out)
    MUST_CHECK;

#endif
