/* The bank: payments and their refunds, whatever protocol they came by. All functions run with the
 * state lock held. Amounts are Rial. Payments live until the program ends; texts belong to them. */
#ifndef SANDBOX_BANK_H
#define SANDBOX_BANK_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gateway { GATEWAY_ZIBAL, GATEWAY_ZARINPAL };

/* Zibal's payment states; Zarinpal's words are derived from them. */
enum pay_status {
    PAY_WAITING = -1,
    PAY_VERIFIED = 1,
    PAY_PAID = 2,
    PAY_CANCELED = 3,
    PAY_BAD_CARD = 4,
    PAY_NO_FUNDS = 5,
    PAY_REFUNDED = 15,
    PAY_REFUNDING = 16,
    PAY_REVERSED = 18,
};

struct refund {
    int64_t id; /* track * 100 + position */
    int64_t amount, created;
    int64_t reversed; /* 1: the capture was taken back, nothing to deposit */
    int64_t fails_at; /* the card's bank will send it back then; 0: never */
    int64_t failed;   /* 1: it has; the money is the merchant's again */
    char *description, *card;
};

struct payment {
    int64_t track, gateway, amount, status, wage, lazy,
        toman;                       /* toman: the merchant counts in IRT */
    int64_t created, paid, verified; /* microseconds, 0 = not yet */
    int64_t late_at;                 /* the payer said "later": pays by itself at that time */
    int64_t ref;
    char *merchant, *order_id, *callback_url, *description, *mobile, *card;
    json_object *shares, *allowed_cards; /* owned, may be NULL */
    struct refund *refunds;
    size_t refund_count;
};

struct payment *bank_create(void); /* waiting, with its track id; the caller fills the rest */
struct payment *bank_find(int64_t track);
size_t bank_count(void);
struct payment *bank_at(size_t i); /* oldest first */

/* True when money moved: waiting, cancelled and failed sessions can be paid, so that late money can
 * be played. card: 16 digits or NULL for the test card. */
bool bank_pay(struct payment *p, const char *card);
/* Ends an unpaid session; false when it was paid. */
bool bank_refuse(struct payment *p, enum pay_status status);
bool bank_is_paid(const struct payment *p);
/* The state as it is now: refunds are deposited REFUND_DEPOSIT_US after they were made. */
int bank_status(const struct payment *p);

#define REFUND_DEPOSIT_US 2000000
int64_t bank_refundable(const struct payment *p);
/* amount <= bank_refundable(). NULL when the payment has its full number of refunds. */
struct refund *bank_refund(struct payment *p, int64_t amount, bool reverse);
struct refund *bank_find_refund(int64_t id, struct payment **payment);
int refund_status(const struct refund *r); /* 1 processed, 2 deposited, 3 failed */
void bank_fail_later(struct refund *r, int64_t ms);
/* The next refund whose time to fail has come has failed by then; NULL: none. */
struct refund *bank_bounce(struct payment **payment);

bool bank_card_valid(const char *card); /* 16 digits with a good check digit */

/* The journal keeps whole payments, so that a restart finds the bank as it was. */
json_object *bank_snapshot(const struct payment *p);
void bank_restore(json_object *snapshot);

#endif
