/* Status codes of Kavenegar and SMS.ir and what they mean for a message. */
#include "net/sms_answer.h"

#include <inttypes.h>

#include "core/arena.h"
#include "core/view.h"

#define DEPTH 8

/* SHOP: nothing gets through until the shop has put its account, credit, line or template right. */
enum fault_of { NOBODY, SHOP };

struct code {
    int status;
    enum sms_outcome outcome;
    const char *meaning;
    enum fault_of fault;
};

static const struct code kavenegar_codes[] = {
    { 200, SMS_SENT, "accepted", NOBODY },
    { 400, SMS_REFUSED, "parameters are missing", NOBODY },
    { 401, SMS_RETRY, "the account is disabled", SHOP },
    { 402, SMS_RETRY, "the operation failed", NOBODY },
    { 403, SMS_RETRY, "the API key is not valid", SHOP },
    { 404, SMS_REFUSED, "unknown method", NOBODY },
    { 405, SMS_REFUSED, "wrong HTTP method", NOBODY },
    { 406, SMS_REFUSED, "a required parameter is empty", NOBODY },
    { 407, SMS_RETRY, "no access to this information", SHOP },
    { 409, SMS_RETRY, "the server is busy", NOBODY },
    { 411, SMS_REFUSED, "the recipient is not valid", NOBODY },
    { 412, SMS_REFUSED, "the sender line is not valid", SHOP },
    { 413, SMS_REFUSED, "the text is empty or too long", NOBODY },
    { 414, SMS_REFUSED, "too many records", NOBODY },
    { 415, SMS_REFUSED, "the start index is out of range", NOBODY },
    { 416, SMS_RETRY, "the caller's address does not match", SHOP },
    { 417, SMS_REFUSED, "the date is not valid", NOBODY },
    { 418, SMS_RETRY, "not enough credit", SHOP },
    { 419, SMS_REFUSED, "lists of different lengths", NOBODY },
    { 420, SMS_REFUSED, "links are restricted", NOBODY },
    { 422, SMS_REFUSED, "a character is not allowed", NOBODY },
    { 424, SMS_REFUSED, "the template is not found", SHOP },
    { 426, SMS_RETRY, "the method needs the advanced service", SHOP },
    { 427, SMS_RETRY, "the line may not be used", SHOP },
    { 428, SMS_REFUSED, "a voice call is not possible", NOBODY },
    { 429, SMS_RETRY, "the caller's address is limited", NOBODY },
    { 431, SMS_REFUSED, "the structure of the code is not valid", NOBODY },
    { 432, SMS_REFUSED, "the template lacks the code parameter", SHOP },
    { 451, SMS_RETRY, "too many calls", NOBODY },
    { 501, SMS_REFUSED, "a test account sends to its owner alone", SHOP },
};

/* State of the one message in `entries`, when it has failed already; others are under way. */
static const struct code kavenegar_messages[] = {
    { 6, SMS_REFUSED, "the message failed", NOBODY },
    { 11, SMS_REFUSED, "the message was not delivered", NOBODY },
    { 13, SMS_REFUSED, "the message was cancelled", NOBODY },
    { 14, SMS_REFUSED, "the recipient has blocked such messages", NOBODY },
    { 100, SMS_REFUSED, "the message id is not valid", NOBODY },
};

static const struct code smsir_codes[] = {
    { 0, SMS_RETRY, "system error", NOBODY },
    { 1, SMS_SENT, "accepted", NOBODY },
    { 10, SMS_RETRY, "the API key is not valid", SHOP },
    { 11, SMS_RETRY, "the API key is inactive", SHOP },
    { 12, SMS_RETRY, "the API key is limited to other addresses", SHOP },
    { 13, SMS_RETRY, "the account is inactive", SHOP },
    { 14, SMS_RETRY, "the account is suspended", SHOP },
    { 20, SMS_RETRY, "too many calls", NOBODY },
    { 101, SMS_REFUSED, "the line number is not valid", SHOP },
    { 102, SMS_RETRY, "not enough credit", SHOP },
    { 103, SMS_REFUSED, "the text is empty", NOBODY },
    { 104, SMS_REFUSED, "the mobile number is not valid", NOBODY },
    { 105, SMS_REFUSED, "more than 100 mobile numbers", NOBODY },
    { 106, SMS_REFUSED, "more than 100 texts", NOBODY },
    { 107, SMS_REFUSED, "the list of mobile numbers is empty", NOBODY },
    { 108, SMS_REFUSED, "the list of texts is empty", NOBODY },
    { 109, SMS_REFUSED, "the sending time is not valid", NOBODY },
    { 110, SMS_REFUSED, "lists of different lengths", NOBODY },
    { 111, SMS_REFUSED, "the id is not found", NOBODY },
    { 112, SMS_REFUSED, "there is nothing to delete", NOBODY },
    { 113, SMS_REFUSED, "the template is not found", SHOP },
    { 114, SMS_REFUSED, "a parameter is longer than 25 characters", NOBODY },
    { 115, SMS_REFUSED, "the mobile number is on the black list", NOBODY },
    { 116, SMS_REFUSED, "a parameter has no name", NOBODY },
    { 117, SMS_REFUSED, "the text was rejected", NOBODY },
    { 118, SMS_REFUSED, "too many messages", NOBODY },
    { 119, SMS_RETRY, "the account needs another plan", SHOP },
    { 123, SMS_RETRY, "the line needs to be activated", SHOP },
};

static const struct code *find(const struct code *codes, size_t n, int64_t status)
{
    for (size_t i = 0; i < n; i++)
        if (codes[i].status == status)
            return &codes[i];
    return NULL;
}
#define FIND(codes, status) find(codes, sizeof(codes) / sizeof((codes)[0]), status)

static void apply(struct sms_result *out, const struct code *code, int64_t status)
{
    out->provider_status = (int)status;
    out->outcome = code ? code->outcome : SMS_RETRY;
    out->problem = code ? code->meaning : "undocumented status";
    out->shop_fault = code && code->fault == SHOP;
}

static const char *id_text(struct arena *a, const struct view *o, const char *key)
{
    int64_t id = view_get_int(o, key, 0);
    return id ? arena_printf(a, "%" PRId64, id) : NULL;
}

/* Not JSON of the expected shape: a proxy's page, or a provider in trouble. */
static void unreadable(struct sms_result *out, int http_status)
{
    *out = (struct sms_result){ .outcome = SMS_RETRY,
                                .provider_status = http_status,
                                .problem = "the answer cannot be read" };
}

void sms_read_kavenegar(struct arena *a, int http_status, struct str body, struct sms_result *out)
{
    const char *error;
    const struct view *root = view_parse(a, body, DEPTH, &error);
    const struct view *head = view_get(root, "return");
    const struct view *entry = view_at(view_get(root, "entries"), 0);
    int64_t status = view_get_int(head, "status", -1);
    *out = (struct sms_result){ .outcome = SMS_RETRY };
    if (status < 0) {
        unreadable(out, http_status);
        return;
    }
    /* Either of the two may tell of the fault. */
    if (status == 200 && http_status != 200)
        status = http_status;
    apply(out, FIND(kavenegar_codes, status), status);
    const struct code *failed = FIND(kavenegar_messages, view_get_int(entry, "status", 0));
    if (out->outcome == SMS_SENT && failed)
        apply(out, failed, failed->status);
    if (out->outcome != SMS_SENT)
        return;
    out->problem = NULL;
    out->message_id = id_text(a, entry, "messageid");
}

void sms_read_smsir(struct arena *a, int http_status, struct str body, struct sms_result *out)
{
    const char *error;
    const struct view *root = view_parse(a, body, DEPTH, &error);
    const struct view *data = view_get(root, "data");
    int64_t status = view_get_int(root, "status", -1);
    *out = (struct sms_result){ .outcome = SMS_RETRY };
    if (status < 0 || (status == 1 && http_status / 100 != 2)) {
        unreadable(out, http_status);
        return;
    }
    apply(out, FIND(smsir_codes, status), status);
    if (out->outcome != SMS_SENT)
        return;
    struct view *list = view_get(data, "messageIds");
    out->problem = NULL;
    out->message_id = view_count(list) > 0
                          ? arena_printf(a, "%" PRId64, view_value_int(view_at(list, 0)))
                          : id_text(a, data, "messageId");
}

#define KAVENEGAR_ARRIVED 10

bool sms_read_kavenegar_delivery(struct arena *a, int http_status, struct str body, enum sms_delivery *out)
{
    const char *error;
    const struct view *root = view_parse(a, body, DEPTH, &error);
    int64_t status = view_get_int(view_at(view_get(root, "entries"), 0), "status", -1);
    if (http_status != 200 || view_get_int(view_get(root, "return"), "status", -1) != 200 || status < 0)
        return false;
    *out = status == KAVENEGAR_ARRIVED ? SMS_DELIVERED : FIND(kavenegar_messages, status) ? SMS_UNDELIVERED : SMS_UNDER_WAY;
    return true;
}

/* deliveryState: 1 on the phone, 2 not on the phone, 3 and 5 handed on, 4 not handed on, 6 failed,
 * 7 black list. */
bool sms_read_smsir_delivery(struct arena *a, int http_status, struct str body, enum sms_delivery *out)
{
    const char *error;
    const struct view *root = view_parse(a, body, DEPTH, &error);
    int64_t state = view_get_int(view_get(root, "data"), "deliveryState", -1);
    if (http_status != 200 || view_get_int(root, "status", -1) != 1)
        return false;
    *out = state == 1 ? SMS_DELIVERED : state == 2 || state == 4 || state == 6 || state == 7 ? SMS_UNDELIVERED : SMS_UNDER_WAY;
    return true;
}
