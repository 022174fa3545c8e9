/* What staff see of messages: the log of what went to the SMS provider, and the hourly budget. */
#ifndef AUTH_SMS_LOG_H
#define AUTH_SMS_LOG_H

#include <stdint.h>

#include "core/err.h"

struct view;

/* {items: [{id, at, phone, kind, outcome, message_id, provider_status, problem, request_id}], next,
 * budget: [{hour, strangers, known, withheld}], strangers_per_hour}, newest first. `phone` NULL: all;
 * `below` 0: from the newest. */
enum err sms_log_list(struct op *op, const char *phone, int64_t below, int64_t limit, struct view *out)
    MUST_CHECK;

#endif
