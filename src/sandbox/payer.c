/* Paying, cancelling and failing, and the same for programs: POST /bank/{trackId}/pay|cancel|fail.
 */
#include "sandbox/payer.h"

#include <stdlib.h>
#include <string.h>

#include "sandbox/callback.h"
#include "sandbox/field.h"
#include "sandbox/routes.h"
#include "sandbox/when.h"
#include "sandbox/zarinpal.h"

static void changed(struct payment *p, const char *kind, struct entry *e)
{
    e->track = p->track;
    e->payment = p;
    e->effect = (struct effect){ kind, bank_is_paid(p) ? p->amount : 0 };
}

bool payer_pay(struct payment *p, const char *card, bool webhook, struct entry *e)
{
    if (!bank_pay(p, card))
        return false;
    if (webhook)
        callback_webhook(p);
    changed(p, "paid", e);
    return true;
}

bool payer_refuse(struct payment *p, enum pay_status status, bool webhook, struct entry *e)
{
    if (!bank_refuse(p, status))
        return false;
    if (webhook)
        callback_webhook(p);
    changed(p, status == PAY_CANCELED ? "canceled" : "failed", e);
    return true;
}

bool payer_wait(struct payment *p, int64_t ms, struct entry *e)
{
    if (bank_is_paid(p))
        return false;
    p->late_at = when_now() + ms * 1000;
    callback_wake_payer(p);
    changed(p, "waiting", e);
    return true;
}

char *payer_pay_late(struct payment *p)
{
    struct entry e = { .call = call_name(CALL_BANK), .faults = "" };
    if (!payer_pay(p, NULL, true, &e))
        return NULL;
    e.request = json_object_new_object();
    field_put_str(e.request, "action", "late");
    char *line = journal_add(&e);
    json_object_put(e.request);
    return line;
}

enum deed { DEED_PAY, DEED_CANCEL, DEED_FAIL, DEED_COUNT };
static const char *const deed_names[DEED_COUNT] = { "pay", "cancel", "fail" };

static bool do_deed(struct exchange *x, struct payment *p, enum deed deed)
{
    bool webhook = field_bool(x->in, "webhook", true);
    const char *card = field_str(x->in, "card");
    int64_t delay = field_int_or(x->in, "delay_ms", 0);
    int64_t status = field_int_or(x->in, "status", PAY_NO_FUNDS);
    if (deed == DEED_PAY)
        return delay > 0 ? payer_wait(p, delay, &x->entry) : payer_pay(p, card, webhook, &x->entry);
    if (deed == DEED_CANCEL)
        return payer_refuse(p, PAY_CANCELED, webhook, &x->entry);
    return payer_refuse(
        p, status >= PAY_BAD_CARD && status <= 12 ? (enum pay_status)status : PAY_NO_FUNDS, webhook,
        &x->entry);
}

static void answer_way_back(struct exchange *x, const struct payment *p)
{
    char authority[AUTHORITY_TEXT];
    json_object *o = json_object_new_object();
    struct way_back way = { 0 };
    if (!p->late_at)
        way = callback_way_back(p, field_bool(x->in, "callback", false) ? 1 : 0);
    field_put_int(o, "trackId", p->track);
    if (p->gateway == GATEWAY_ZARINPAL)
        field_put_str(o, "authority", zarinpal_authority(p, authority));
    field_put_int(o, "status", bank_status(p));
    field_put_int(o, "amount", p->amount);
    field_put_str(o, "callback_url", way.url);
    if (way.http_status)
        field_put_int(o, "http_status", way.http_status);
    x->delay_ms = way.delay_ms;
    free(way.url);
    answer_json(x, 200, o);
}

void payer_program(struct exchange *x)
{
    int64_t track = 0;
    enum deed deed = DEED_PAY;
    struct payment *p =
        text_int(x->param[0], &track) ? bank_find(track) : zarinpal_find(x->param[0]);
    while (deed < DEED_COUNT && strcmp(deed_names[deed], x->param[1]) != 0)
        deed++;
    if (!p || deed == DEED_COUNT) {
        answer_error(x, 404, p ? "the payer can pay, cancel or fail" : "unknown payment");
        return;
    }
    if (!do_deed(x, p, deed)) {
        answer_error(x, 409, "already paid");
        return;
    }
    answer_way_back(x, p);
    if (x->form && exchange_wants_page(x))
        answer_redirect(x, "/bank");
}
