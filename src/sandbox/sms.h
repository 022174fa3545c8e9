/* What the SMS providers share: approved templates and the way into the inbox. Lock held. */
#ifndef SANDBOX_SMS_H
#define SANDBOX_SMS_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

struct exchange;

#define SMS_TEXT_MAX 900 /* characters */

/* %token, %token2 … are parameters, %host is the shop's host. `number` is the same template's name
 * at SMS.ir, where the one parameter stands for %token. */
struct sms_template {
    const char *name;
    int64_t number;
    const char *text;
};

/* name NULL: by number. NULL when there is none. */
const struct sms_template *sms_template(const char *name, int64_t number);
/* The text with its parameters; tokens is an object of texts. The caller frees. */
char *sms_fill(const struct sms_template *t, json_object *tokens);

extern const char *const sms_tokens[]; /* longest names first; NULL ends */

size_t sms_characters(const char *s);
json_object *sms_message(const char *phone, const char *text, const char *provider);
/* Into the inbox as often as the faults of the exchange say; returns the message's id. */
int64_t sms_receive(struct exchange *x, json_object *m);

#endif
