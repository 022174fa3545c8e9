/* Messages that reached a phone or a mailbox. All functions run with the state lock held. */
#ifndef SANDBOX_INBOX_H
#define SANDBOX_INBOX_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PHONE_TEXT = 32 };
/* All spellings of a mobile number (+98…, 0098…, 98…, 09…, 9…, Persian digits, spaces) give
 * +989xxxxxxxxx; anything else gives its digits. False when there are none. */
bool inbox_phone(const char *spelling, char out[PHONE_TEXT]);
bool inbox_phone_is_mobile(const char *phone);

/* The one-time code in a text: from a WebOTP line, else the first run of 4 to 8 digits. */
bool inbox_code(const char *text, char out[16]);

/* kind "sms" or "mail". The message gets "kind", "id" and "at" and perhaps "code"; the inbox keeps
 * a copy and puts another one into *list (made when NULL), for the journal. */
void inbox_put(const char *kind, json_object *message, json_object **list);
void inbox_restore(json_object *messages_read); /* such a list */

/* Newest first. to: NULL for everybody. The caller puts the array. */
json_object *inbox_list(const char *kind, const char *to, size_t limit, bool with_raw);
size_t inbox_count(const char *kind);
int64_t inbox_last_id(void);
json_object *inbox_by_id(int64_t id); /* owned by the inbox, or NULL */
/* The newest with the sender's own id to this address; owned by the inbox, or NULL. */
json_object *inbox_by_local_id(const char *local_id, const char *to);

#endif
