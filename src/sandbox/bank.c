/* Payments, refunds and their snapshots. */
#include "sandbox/bank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/field.h"
#include "sandbox/strbuf.h"
#include "sandbox/when.h"

#define REFUND_SLOTS 100
#define TEST_CARD "6274129005473742"

/* Track ids are consecutive from the first one, so the list is its own index. */
static struct payment **payments;
static size_t count, capacity;

enum column_kind { COLUMN_INT, COLUMN_TEXT, COLUMN_JSON };

struct column {
    const char *name;
    enum column_kind kind;
    size_t offset;
};

#define PAY_COLUMN(name, kind) { #name, kind, offsetof(struct payment, name) }
static const struct column payment_columns[] = {
    PAY_COLUMN(track, COLUMN_INT),        PAY_COLUMN(gateway, COLUMN_INT),
    PAY_COLUMN(amount, COLUMN_INT),       PAY_COLUMN(status, COLUMN_INT),
    PAY_COLUMN(wage, COLUMN_INT),         PAY_COLUMN(lazy, COLUMN_INT),
    PAY_COLUMN(toman, COLUMN_INT),        PAY_COLUMN(created, COLUMN_INT),
    PAY_COLUMN(paid, COLUMN_INT),         PAY_COLUMN(verified, COLUMN_INT),
    PAY_COLUMN(late_at, COLUMN_INT),      PAY_COLUMN(ref, COLUMN_INT),
    PAY_COLUMN(merchant, COLUMN_TEXT),    PAY_COLUMN(order_id, COLUMN_TEXT),
    PAY_COLUMN(callback_url, COLUMN_TEXT), PAY_COLUMN(description, COLUMN_TEXT),
    PAY_COLUMN(mobile, COLUMN_TEXT),      PAY_COLUMN(card, COLUMN_TEXT),
    PAY_COLUMN(shares, COLUMN_JSON),      PAY_COLUMN(allowed_cards, COLUMN_JSON),
};

#define REFUND_COLUMN(name, kind) { #name, kind, offsetof(struct refund, name) }
static const struct column refund_columns[] = {
    REFUND_COLUMN(id, COLUMN_INT),       REFUND_COLUMN(amount, COLUMN_INT),
    REFUND_COLUMN(created, COLUMN_INT),  REFUND_COLUMN(reversed, COLUMN_INT),
    REFUND_COLUMN(fails_at, COLUMN_INT), REFUND_COLUMN(failed, COLUMN_INT),
    REFUND_COLUMN(description, COLUMN_TEXT), REFUND_COLUMN(card, COLUMN_TEXT),
};
#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static json_object *columns_write(const void *base, const struct column *columns, size_t n)
{
    json_object *o = json_object_new_object();
    for (size_t i = 0; i < n; i++) {
        const char *at = (const char *)base + columns[i].offset;
        json_object *value = NULL;
        if (columns[i].kind == COLUMN_INT) {
            field_put_int(o, columns[i].name, *(const int64_t *)(const void *)at);
        } else if (columns[i].kind == COLUMN_TEXT) {
            field_put_str(o, columns[i].name, *(char *const *)(const void *)at);
        } else {
            json_object_deep_copy(*(json_object *const *)(const void *)at, &value, NULL);
            field_put(o, columns[i].name, value);
        }
    }
    return o;
}

static void columns_read(void *base, const struct column *columns, size_t n, json_object *o)
{
    for (size_t i = 0; i < n; i++) {
        char *at = (char *)base + columns[i].offset;
        if (columns[i].kind == COLUMN_INT) {
            *(int64_t *)(void *)at = field_int_or(o, columns[i].name, 0);
        } else if (columns[i].kind == COLUMN_TEXT) {
            free(*(char **)(void *)at);
            *(char **)(void *)at = heap_dup(field_str(o, columns[i].name));
        } else {
            json_object_put(*(json_object **)(void *)at);
            *(json_object **)(void *)at = json_object_get(field_get(o, columns[i].name));
        }
    }
}

static struct payment *append(int64_t track)
{
    if (count == capacity) {
        capacity = capacity ? capacity * 2 : 64;
        payments = heap_grow(payments, capacity * sizeof *payments);
    }
    struct payment *p = heap_new(sizeof *p);
    p->track = track;
    p->status = PAY_WAITING;
    payments[count++] = p;
    return p;
}

struct payment *bank_create(void)
{
    /* The first id comes from the clock: a sandbox with an emptied state folder never repeats an id
     * that a shop's database still holds. Larger than 2^32, smaller than 2^53. */
    int64_t now = when_now();
    int64_t track = count ? payments[0]->track + (int64_t)count : 14000000000000 + now / 1000;
    struct payment *p = append(track);
    p->created = now;
    return p;
}

struct payment *bank_find(int64_t track)
{
    if (!count || track < payments[0]->track || track - payments[0]->track >= (int64_t)count)
        return NULL;
    return payments[track - payments[0]->track];
}

size_t bank_count(void)
{
    return count;
}

struct payment *bank_at(size_t i)
{
    return i < count ? payments[i] : NULL;
}

bool bank_card_valid(const char *card)
{
    int sum = 0;
    if (!card || strlen(card) != 16 || strspn(card, "0123456789") != 16)
        return false;
    for (int i = 0; i < 16; i++) {
        int digit = card[i] - '0';
        int doubled = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += i % 2 == 0 ? doubled : digit;
    }
    return sum % 10 == 0;
}

bool bank_is_paid(const struct payment *p)
{
    return p->paid != 0;
}

bool bank_pay(struct payment *p, const char *card)
{
    char mask[16];
    if (bank_is_paid(p))
        return false;
    if (!card || strlen(card) != 16)
        card = TEST_CARD;
    snprintf(mask, sizeof mask, "%.5s****%s", card, card + 14);
    free(p->card);
    p->card = heap_dup(mask);
    p->status = PAY_PAID;
    p->paid = when_now();
    p->late_at = 0;
    p->ref = 100000000000 + p->track % 100000000000;
    return true;
}

bool bank_refuse(struct payment *p, enum pay_status status)
{
    if (bank_is_paid(p))
        return false;
    p->status = status;
    p->late_at = 0;
    return true;
}

int refund_status(const struct refund *r)
{
    if (r->fails_at)
        return r->failed ? 3 : 1;
    return r->reversed || when_now() - r->created >= REFUND_DEPOSIT_US ? 2 : 1;
}

int64_t bank_refundable(const struct payment *p)
{
    int64_t left = bank_is_paid(p) ? p->amount : 0;
    for (size_t i = 0; i < p->refund_count; i++)
        left -= p->refunds[i].failed ? 0 : p->refunds[i].amount;
    return left;
}

static bool bouncing = true; /* some refund may still fail */

void bank_fail_later(struct refund *r, int64_t ms)
{
    r->fails_at = r->created + ms * 1000;
    bouncing = true;
}

struct refund *bank_bounce(struct payment **payment)
{
    bool more = false;
    for (size_t i = 0; bouncing && i < count; i++)
        for (size_t n = 0; n < payments[i]->refund_count; n++) {
            struct refund *r = &payments[i]->refunds[n];
            bool waits = r->fails_at && !r->failed;
            more = more || waits;
            if (!waits || r->fails_at > when_now())
                continue;
            r->failed = 1;
            *payment = payments[i];
            return r;
        }
    bouncing = more;
    return NULL;
}

int bank_status(const struct payment *p)
{
    if (p->refund_count == 0 || bank_refundable(p) > 0)
        return (int)p->status;
    const struct refund *last = &p->refunds[p->refund_count - 1];
    while (last->failed) /* not the first of them: together they are the whole payment */
        last--;
    if (last->reversed)
        return PAY_REVERSED;
    return refund_status(last) == 2 ? PAY_REFUNDED : PAY_REFUNDING;
}

static struct refund *add_refund(struct payment *p)
{
    p->refunds = heap_grow(p->refunds, (p->refund_count + 1) * sizeof *p->refunds);
    struct refund *r = &p->refunds[p->refund_count++];
    memset(r, 0, sizeof *r);
    return r;
}

struct refund *bank_refund(struct payment *p, int64_t amount, bool reverse)
{
    if (p->refund_count >= REFUND_SLOTS)
        return NULL;
    struct refund *r = add_refund(p);
    r->id = p->track * REFUND_SLOTS + (int64_t)p->refund_count - 1;
    r->amount = amount;
    r->reversed = reverse && p->refund_count == 1 && amount == p->amount;
    r->created = when_now();
    return r;
}

struct refund *bank_find_refund(int64_t id, struct payment **payment)
{
    struct payment *p = bank_find(id / REFUND_SLOTS);
    if (!p || id < 0 || (size_t)(id % REFUND_SLOTS) >= p->refund_count)
        return NULL;
    *payment = p;
    return &p->refunds[id % REFUND_SLOTS];
}

json_object *bank_snapshot(const struct payment *p)
{
    json_object *o = columns_write(p, payment_columns, ROWS(payment_columns));
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < p->refund_count; i++)
        json_object_array_add(list,
                              columns_write(&p->refunds[i], refund_columns, ROWS(refund_columns)));
    field_put(o, "refunds", list);
    return o;
}

void bank_restore(json_object *snapshot)
{
    int64_t track = field_int_or(snapshot, "track", 0);
    struct payment *p = bank_find(track);
    if (track <= 0)
        return;
    if (!p && count && track != payments[0]->track + (int64_t)count)
        return; /* a line was lost: the ids after the hole cannot be reached any more */
    if (!p)
        p = append(track);
    columns_read(p, payment_columns, ROWS(payment_columns), snapshot);
    json_object *list = field_get(snapshot, "refunds");
    size_t n =
        list && json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n; i++)
        columns_read(i < p->refund_count ? &p->refunds[i] : add_refund(p), refund_columns,
                     ROWS(refund_columns), json_object_array_get_idx(list, i));
}
