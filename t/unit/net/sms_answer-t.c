/* Answers of the SMS providers, by their documented status codes. */
#include "net/sms_answer.h"

#include "core/arena.h"
#include "tap.h"

typedef void (*reader)(struct arena *, int, struct str, struct sms_result *);

static const struct answer {
    reader read;
    int http;
    const char *body;
    enum sms_outcome outcome;
    int status;
    const char *id;
} answers[] = {
    { sms_read_kavenegar, 200,
      "{\"return\":{\"status\":200,\"message\":\"تایید شد\"},\"entries\":[{\"messageid\":8792343,"
      "\"status\":5,\"statustext\":\"ارسال به مخابرات\",\"cost\":120}]}",
      SMS_SENT, 200, "8792343" },
    { sms_read_kavenegar, 200, "{\"return\":{\"status\":200},\"entries\":[]}", SMS_SENT, 200, NULL },
    { sms_read_kavenegar, 200,
      "{\"return\":{\"status\":200},\"entries\":[{\"messageid\":7,\"status\":14}]}", SMS_REFUSED, 14,
      NULL },
    { sms_read_kavenegar, 200, "{\"return\":{\"status\":200},\"entries\":[{\"status\":6}]}",
      SMS_REFUSED, 6, NULL },
    { sms_read_kavenegar, 200, "{\"return\":{\"status\":418,\"message\":\"x\"},\"entries\":null}",
      SMS_RETRY, 418, NULL },
    { sms_read_kavenegar, 411, "{\"return\":{\"status\":411},\"entries\":null}", SMS_REFUSED, 411,
      NULL },
    { sms_read_kavenegar, 409, "{\"return\":{\"status\":200},\"entries\":[]}", SMS_RETRY, 409, NULL },
    { sms_read_kavenegar, 424, "{\"return\":{\"status\":424},\"entries\":null}", SMS_REFUSED, 424,
      NULL },
    { sms_read_kavenegar, 403, "{\"return\":{\"status\":403},\"entries\":null}", SMS_RETRY, 403,
      NULL },
    { sms_read_kavenegar, 451, "{\"return\":{\"status\":451}}", SMS_RETRY, 451, NULL },
    { sms_read_kavenegar, 499, "{\"return\":{\"status\":499}}", SMS_RETRY, 499, NULL },
    { sms_read_kavenegar, 502, "<html>Bad Gateway</html>", SMS_RETRY, 502, NULL },
    { sms_read_kavenegar, 200, "", SMS_RETRY, 200, NULL },
    { sms_read_kavenegar, 200, "[200]", SMS_RETRY, 200, NULL },
    { sms_read_kavenegar, 200, "{\"return\":200}", SMS_RETRY, 200, NULL },
    { sms_read_smsir, 200,
      "{\"status\":1,\"message\":\"موفق\",\"data\":{\"messageId\":89545112,\"cost\":1.0}}", SMS_SENT,
      1, "89545112" },
    { sms_read_smsir, 200,
      "{\"status\":1,\"data\":{\"packId\":\"a\",\"messageIds\":[11,12],\"cost\":1.0}}", SMS_SENT, 1,
      "11" },
    { sms_read_smsir, 400, "{\"status\":104,\"message\":\"x\"}", SMS_REFUSED, 104, NULL },
    { sms_read_smsir, 400, "{\"status\":113}", SMS_REFUSED, 113, NULL },
    { sms_read_smsir, 400, "{\"status\":102}", SMS_RETRY, 102, NULL },
    { sms_read_smsir, 429, "{\"status\":20}", SMS_RETRY, 20, NULL },
    { sms_read_smsir, 500, "{\"status\":0}", SMS_RETRY, 0, NULL },
    { sms_read_smsir, 500, "{\"status\":1}", SMS_RETRY, 500, NULL },
    { sms_read_smsir, 400, "{\"status\":997}", SMS_RETRY, 997, NULL },
    { sms_read_smsir, 200, "null", SMS_RETRY, 200, NULL },
    { sms_read_smsir, 200, "{", SMS_RETRY, 200, NULL },
};

typedef bool (*teller)(struct arena *, int, struct str, enum sms_delivery *);
#define KAVENEGAR(status) "{\"return\":{\"status\":200},\"entries\":[{\"messageid\":7,\"status\":" status "}]}"

static const struct fate {
    teller read;
    int http;
    const char *body;
    bool told;
    enum sms_delivery delivery;
} fates[] = {
    { sms_read_kavenegar_delivery, 200, KAVENEGAR("10"), true, SMS_DELIVERED },
    { sms_read_kavenegar_delivery, 200, KAVENEGAR("5"), true, SMS_UNDER_WAY },
    { sms_read_kavenegar_delivery, 200, KAVENEGAR("11"), true, SMS_UNDELIVERED },
    { sms_read_kavenegar_delivery, 200, KAVENEGAR("100"), true, SMS_UNDELIVERED },
    { sms_read_kavenegar_delivery, 403, "{\"return\":{\"status\":403}}", false, SMS_UNDER_WAY },
    { sms_read_kavenegar_delivery, 200, "{\"return\":{\"status\":200},\"entries\":[]}", false, SMS_UNDER_WAY },
    { sms_read_kavenegar_delivery, 502, "<html>", false, SMS_UNDER_WAY },
    { sms_read_smsir_delivery, 200, "{\"status\":1,\"data\":{\"deliveryState\":1}}", true, SMS_DELIVERED },
    { sms_read_smsir_delivery, 200, "{\"status\":1,\"data\":{\"deliveryState\":3}}", true, SMS_UNDER_WAY },
    { sms_read_smsir_delivery, 200, "{\"status\":1,\"data\":{\"deliveryState\":null}}", true, SMS_UNDER_WAY },
    { sms_read_smsir_delivery, 200, "{\"status\":1,\"data\":{\"deliveryState\":7}}", true, SMS_UNDELIVERED },
    { sms_read_smsir_delivery, 400, "{\"status\":111}", false, SMS_UNDER_WAY },
};

int main(void)
{
    struct arena *a = arena_create("test");
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        const struct answer *w = &answers[i];
        struct sms_result r;
        w->read(a, w->http, str_of(w->body), &r);
        bool good = r.outcome == w->outcome && r.provider_status == w->status;
        ok(good, "%d %s", w->http, w->body);
        is_str(r.message_id, w->id, "its message id");
        ok((r.problem == NULL) == (w->outcome == SMS_SENT), "a problem is named unless sent");
    }
    for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
        const struct fate *w = &fates[i];
        enum sms_delivery delivery = SMS_UNDER_WAY;
        is_int(w->read(a, w->http, str_of(w->body), &delivery), w->told, w->body);
        is_int(delivery, w->delivery, "its fate");
    }
    arena_destroy(a);
    return done();
}
