/* Answers for programs: health, inboxes, journal, faults. */
#include <stdlib.h>
#include <string.h>

#include "sandbox/bank.h"
#include "sandbox/courier.h"
#include "sandbox/field.h"
#include "sandbox/inbox.h"
#include "sandbox/routes.h"
#include "sandbox/style.h"

#define LIST_DEFAULT 1000

void desk_health(struct exchange *x)
{
    json_object *o = json_object_new_object();
    field_put_str(o, "status", "ok");
    field_put_int(o, "payments", (int64_t)bank_count());
    field_put_int(o, "sms", (int64_t)inbox_count("sms"));
    field_put_int(o, "mail", (int64_t)inbox_count("mail"));
    field_put_int(o, "deliveries", (int64_t)courier_open());
    answer_json(x, 200, o);
}

static void answer_inbox(struct exchange *x, const char *kind, const char *to)
{
    int64_t limit = field_int_or(x->query, "limit", LIST_DEFAULT);
    json_object *o = json_object_new_object();
    field_put(o, "items", inbox_list(kind, to && *to ? to : NULL, limit < 1 ? 1 : (size_t)limit,
                                     field_bool(x->query, "raw", false)));
    answer_json(x, 200, o);
}

void desk_sms(struct exchange *x)
{
    char phone[PHONE_TEXT];
    const char *wanted = field_str(x->query, "phone");
    answer_inbox(x, "sms", wanted && inbox_phone(wanted, phone) ? phone : wanted);
}

void desk_mail(struct exchange *x)
{
    answer_inbox(x, "mail", field_str(x->query, "to"));
}

/* ?track_id= keeps one payment, ?after= entries later than that seq, ?limit= the newest ones. */
void desk_journal(struct exchange *x)
{
    char *items =
        journal_list(field_int_or(x->query, "track_id", 0), field_int_or(x->query, "after", 0),
                     field_int_or(x->query, "limit", 0));
    x->type = "application/json; charset=utf-8";
    strbuf_printf(&x->html, "{\"items\":%s}", items);
    free(items);
}

void desk_faults(struct exchange *x)
{
    answer_json(x, 200, faults_list());
}

void desk_faults_add(struct exchange *x)
{
    const char *error = NULL;
    json_object *fault = faults_add(x->in, &error), *copy = NULL;
    if (!fault) {
        answer_error(x, 422, error);
        return;
    }
    json_object_deep_copy(fault, &copy, NULL);
    answer_json(x, 201, copy);
}

void desk_faults_clear(struct exchange *x)
{
    int64_t id = 0;
    if (x->param[0] && !text_int(x->param[0], &id)) {
        answer_error(x, 404, "unknown fault");
        return;
    }
    faults_clear(id);
    answer_json(x, 200, faults_list());
    if (x->form && exchange_wants_page(x))
        answer_redirect(x, "/bank");
}

void desk_font(struct exchange *x)
{
    if (!style_font.len) {
        answer_error(x, 404, "no font");
        return;
    }
    x->type = "font/woff2";
    x->cacheable = true;
    strbuf_add(&x->html, style_font.at, style_font.len);
}

void desk_style(struct exchange *x)
{
    x->type = "text/css; charset=utf-8";
    x->cacheable = true;
    strbuf_str(&x->html, style_sheet);
}
