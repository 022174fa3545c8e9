/* Table of faults: one row a kind. */
#include "sandbox/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/field.h"
#include "sandbox/strbuf.h"

#define B(call) (1u << (call))
#define BANK_CALLS \
    (B(CALL_REQUEST) | B(CALL_VERIFY) | B(CALL_INQUIRY) | B(CALL_REFUND) | B(CALL_REFUND_INQUIRY))
#define PAGES B(CALL_START)
#define DELIVERIES (B(CALL_CALLBACK) | B(CALL_WEBHOOK))
#define MESSAGES (B(CALL_SMS) | B(CALL_MAIL))
#define EVERY_CALL (BANK_CALLS | PAGES | DELIVERIES | MESSAGES)

static const char *const call_names[CALL_COUNT] = {
    [CALL_NONE] = "none",
    [CALL_REQUEST] = "request",
    [CALL_START] = "start",
    [CALL_CALLBACK] = "callback",
    [CALL_WEBHOOK] = "webhook",
    [CALL_VERIFY] = "verify",
    [CALL_INQUIRY] = "inquiry",
    [CALL_REFUND] = "refund",
    [CALL_REFUND_INQUIRY] = "refund_inquiry",
    [CALL_SMS] = "sms",
    [CALL_MAIL] = "mail",
    [CALL_BANK] = "bank",
    [CALL_REPORT] = "report",
};

/* kind, where it makes sense, its one parameter with the default, what it sets */
#define KIND(name, calls, param, otherwise, member) \
    { name, calls, param, otherwise, offsetof(struct outcome, member) }
static const struct fault_kind {
    const char *name;
    unsigned calls;
    const char *param;
    int64_t otherwise;
    size_t offset;
} kinds[] = {
    KIND("delay", EVERY_CALL, "ms", 1000, delay_ms),
    KIND("delay_before", BANK_CALLS | PAGES | MESSAGES, "ms", 1000, delay_before_ms),
    KIND("status", EVERY_CALL & ~B(CALL_WEBHOOK), "status", 503, http_status),
    KIND("refuse", BANK_CALLS | B(CALL_SMS), "code", 0, result_code),
    KIND("reset_before", EVERY_CALL, NULL, 1, reset_before),
    KIND("reset_after", EVERY_CALL, NULL, 1, reset_after),
    KIND("garbage", BANK_CALLS | PAGES | B(CALL_WEBHOOK) | B(CALL_SMS), NULL, 1, garbage),
    KIND("wrong_amount", BANK_CALLS | PAGES | B(CALL_WEBHOOK), "delta", 10000, amount_delta),
    KIND("wrong_order", (BANK_CALLS & ~B(CALL_REFUND)) | DELIVERIES, NULL, 1, wrong_order),
    KIND("unknown_status", BANK_CALLS | DELIVERIES, "code", 99, unknown_status),
    KIND("wrong_merchant", B(CALL_VERIFY) | B(CALL_INQUIRY), NULL, 1, wrong_merchant),
    KIND("strings", BANK_CALLS | B(CALL_WEBHOOK), NULL, 1, strings),
    KIND("nulls", B(CALL_VERIFY) | B(CALL_INQUIRY) | B(CALL_WEBHOOK), NULL, 1, nulls),
    KIND("duplicate", DELIVERIES | MESSAGES, "n", 2, copies),
    KIND("reorder", DELIVERIES, "ms", 2000, reorder_ms),
    KIND("forged", DELIVERIES, NULL, 1, forged),
    KIND("stale", B(CALL_WEBHOOK), "seconds", 3600, stale),
    KIND("drop", DELIVERIES | MESSAGES, NULL, 1, drop),
    KIND("bounce", B(CALL_REFUND), "ms", 3000, bounce_ms),
};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

/* Result codes that "refuse" answers when none is named. */
static const int64_t default_refusal[CALL_COUNT] = {
    [CALL_REQUEST] = 103, [CALL_VERIFY] = 202,        [CALL_INQUIRY] = 203,
    [CALL_REFUND] = 26,   [CALL_REFUND_INQUIRY] = 26, [CALL_SMS] = 409,
};

struct fault {
    int64_t id, track, left, value; /* left < 0: until deleted */
    unsigned calls;
    char *order;
    const struct fault_kind *kind;
    json_object *description;
    struct fault *next;
};

static struct fault *faults; /* in the order they came */
static int64_t last_id;

const char *call_name(enum call call)
{
    return call_names[call];
}

static bool fault_matches(const struct fault *f, enum call call, int64_t track, const char *order)
{
    if (!(f->calls & B(call)) || f->left == 0)
        return false;
    if (f->track && f->track != track)
        return false;
    return !f->order || (order && strcmp(f->order, order) == 0);
}

static void set_outcome(struct outcome *out, const struct fault *f, enum call call)
{
    int64_t value = f->value;
    if (value == 0 && f->kind->offset == offsetof(struct outcome, result_code))
        value = default_refusal[call];
    *(int64_t *)(void *)((char *)out + f->kind->offset) = value;
    size_t n = strlen(out->names);
    snprintf(out->names + n, sizeof out->names - n, "%s%s", n ? "," : "", f->kind->name);
}

bool faults_take(enum call call, int64_t track, const char *order, struct outcome *out)
{
    memset(out, 0, sizeof *out);
    for (struct fault *f = faults; f; f = f->next) {
        if (!fault_matches(f, call, track, order))
            continue;
        set_outcome(out, f, call);
        if (f->left > 0)
            f->left--;
    }
    return out->names[0] != '\0';
}

static const struct fault_kind *kind_by_name(const char *name)
{
    for (size_t i = 0; name && i < KIND_COUNT; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

static unsigned calls_by_name(const char *name)
{
    if (name && strcmp(name, "any") == 0)
        return EVERY_CALL;
    for (enum call call = CALL_REQUEST; name && call < CALL_BANK; call++) {
        if (strcmp(call_names[call], name) == 0)
            return B(call);
    }
    return 0;
}

json_object *faults_add(json_object *description, const char **error)
{
    const struct fault_kind *kind = kind_by_name(field_str(description, "kind"));
    unsigned calls = calls_by_name(field_str(description, "call"));
    int64_t times = field_int_or(description, "times", -1);
    *error = !kind                  ? "unknown kind"
             : !calls               ? "unknown call"
             : !(calls & kind->calls) ? "this kind of fault does not exist at this call"
             : times == 0           ? "times must be at least 1"
                                    : NULL;
    if (*error)
        return NULL;
    struct fault *f = heap_new(sizeof *f);
    f->id = ++last_id;
    f->kind = kind;
    f->calls = calls & kind->calls;
    f->left = times;
    f->track = field_int_or(description, "track_id", 0);
    f->order = heap_dup(field_str(description, "order_id"));
    f->value =
        kind->param ? field_int_or(description, kind->param, kind->otherwise) : kind->otherwise;
    if (json_object_deep_copy(description, &f->description, NULL) != 0)
        f->description = json_object_new_object();
    field_put_int(f->description, "id", f->id);
    struct fault **end = &faults;
    while (*end)
        end = &(*end)->next;
    *end = f;
    return f->description;
}

static json_object *kinds_list(void)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < KIND_COUNT; i++) {
        json_object *o = json_object_new_object(), *calls = json_object_new_array();
        for (enum call call = CALL_REQUEST; call < CALL_BANK; call++) {
            if (kinds[i].calls & B(call))
                json_object_array_add(calls, json_object_new_string(call_names[call]));
        }
        field_put_str(o, "kind", kinds[i].name);
        field_put_str(o, "param", kinds[i].param);
        field_put_int(o, "default", kinds[i].otherwise);
        field_put(o, "calls", calls);
        json_object_array_add(list, o);
    }
    return list;
}

json_object *faults_list(void)
{
    json_object *o = json_object_new_object(), *items = json_object_new_array();
    for (struct fault *f = faults; f; f = f->next) {
        json_object *copy = NULL;
        if (json_object_deep_copy(f->description, &copy, NULL) != 0)
            continue;
        field_put(copy, "left", f->left < 0 ? NULL : json_object_new_int64(f->left));
        json_object_array_add(items, copy);
    }
    field_put(o, "items", items);
    field_put(o, "kinds", kinds_list());
    return o;
}

void faults_clear(int64_t id)
{
    struct fault **at = &faults;
    while (*at) {
        struct fault *f = *at;
        if (id && f->id != id) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        json_object_put(f->description);
        free(f->order);
        free(f);
    }
}

/* What a bent answer did to its fields. */
static bool bend(const struct outcome *o, json_object *answer, bool *status_found)
{
    if (json_object_is_type(answer, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(answer); i++)
            bend(o, json_object_array_get_idx(answer, i), status_found);
        return true;
    }
    if (!json_object_is_type(answer, json_type_object))
        return false;
    json_object_object_foreach(answer, key, value) {
        if (bend(o, value, status_found))
            continue;
        bool number = json_object_is_type(value, json_type_int);
        if (o->amount_delta && number && strcmp(key, "amount") == 0) {
            json_object_set_int64(value, json_object_get_int64(value) + o->amount_delta);
        } else if (o->wrong_order && strcmp(key, "orderId") == 0 && value) {
            json_object_set_string(value, "999999999");
        } else if (o->unknown_status && number && strcmp(key, "status") == 0) {
            json_object_set_int64(value, o->unknown_status);
            *status_found = true;
        } else if (o->unknown_status && value && !number && strcmp(key, "status") == 0 &&
                   json_object_is_type(value, json_type_string)) {
            json_object_set_string(value, "UNHEARD_OF");
            *status_found = true;
        }
    }
    return true;
}

/* Numbers into strings of their digits, in all depths. */
static void stringify(json_object *answer)
{
    if (json_object_is_type(answer, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(answer); i++)
            stringify(json_object_array_get_idx(answer, i));
        return;
    }
    if (!json_object_is_type(answer, json_type_object))
        return;
    json_object_object_foreach(answer, key, value) {
        if (json_object_is_type(value, json_type_int))
            field_put_str(answer, key, json_object_get_string(value));
        else
            stringify(value);
    }
}

static void bend_status(const struct outcome *o, json_object *answer)
{
    static const char *const codes[] = { "result", "code" };
    bool status_found = false;
    bend(o, answer, &status_found);
    if (!o->unknown_status || status_found)
        return;
    for (size_t i = 0; i < 2; i++) {
        json_object *code = field_get(answer, codes[i]);
        if (!code)
            code = field_get(field_get(answer, "data"), codes[i]);
        if (code && json_object_is_type(code, json_type_int))
            json_object_set_int64(code, o->unknown_status);
    }
}

void outcome_bend(const struct outcome *o, json_object *answer)
{
    static const char *const details[] = { "refNumber", "cardNumber", "paidAt" };
    bend_status(o, answer);
    for (size_t i = 0; o->nulls && i < sizeof details / sizeof details[0]; i++) {
        if (field_get(answer, details[i]))
            field_put(answer, details[i], NULL);
    }
    if (o->wrong_merchant)
        field_put_str(answer, "merchant", "another");
    if (o->strings)
        stringify(answer);
}
