/* The seam between the shop and a bank: a small table of functions per gateway. Money is IRT on this
 * side; each gateway converts. A gateway never decides: it reports, and payment_settle decides.
 * Calls go over the network and are never made inside a transaction. Pay and job processes. */
#ifndef SHOP_GATEWAY_H
#define SHOP_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"

struct view;

struct gateway_start {
    int64_t amount;            /* IRT */
    const char *order_ref;     /* what the bank echoes: the order number or payment uuid */
    const char *callback_url;  /* where the buyer's browser comes back */
    const char *webhook_url;   /* where the bank itself may call */
    const char *mobile;        /* E.164; may be NULL */
    const char *description;
};

enum gateway_outcome {
    GATEWAY_DONE,    /* start: a track id came; refund: accepted */
    GATEWAY_REFUSED, /* certainly not; will not change */
    GATEWAY_NOT_SENT,/* certainly not acted upon; may be tried again */
    GATEWAY_UNCLEAR, /* may have been acted upon */
};

struct gateway_started {
    enum gateway_outcome outcome;
    const char *ref; /* track id */
    const char *problem;
};

enum gateway_state { GATEWAY_PAID, GATEWAY_PENDING, GATEWAY_FAILED, GATEWAY_CANCELED, GATEWAY_REVERSED, GATEWAY_UNKNOWN };

struct gateway_question {
    const char *ref;
    int64_t amount_rial; /* what was asked for: some banks want it repeated */
};

struct gateway_report {
    enum gateway_state state;
    int64_t amount_rial;   /* with PAID */
    const char *order_ref; /* as the bank echoes it; NULL: not told */
    const char *reference, *card;
    const char *problem;
};

/* What becomes of a refund that was accepted. */
enum gateway_word {
    GATEWAY_NO_WORD,     /* nothing that can be understood */
    GATEWAY_ON_ITS_WAY,
    GATEWAY_PAID_OUT,
    GATEWAY_SENT_BACK,   /* it failed after all: the money is the shop's again */
};

struct gateway_refund {
    const char *ref;      /* the payment's track id */
    const char *id;       /* what the bank calls the refund; NULL: it has not said */
    int64_t amount_rial;
    const char *card;
    const char *description; /* its own, so that the bank's list can be told apart */
    const char *others;      /* " 12 15 ": what the bank calls the payment's other refunds */
};

struct gateway {
    const char *name;
    const char *title_fa, *title_en;
    bool (*available)(struct op *op); /* is it configured? */
    void (*start)(struct op *op, const struct gateway_start *in, struct gateway_started *out);
    const char *(*redirect)(struct op *op, const char *ref); /* where the buyer pays */
    /* Confirms the payment with the bank (verify, and inquiry where it was confirmed before). */
    void (*verify)(struct op *op, const struct gateway_question *q, struct gateway_report *out);
    void (*inquire)(struct op *op, const struct gateway_question *q, struct gateway_report *out);
    bool (*can_refund)(struct op *op); /* NULL, as the three below: it has no refund service */
    enum gateway_outcome (*refund)(struct op *op, const struct gateway_refund *in, const char **id, const char **problem);
    /* DONE: the bank has it, as *id; NOT_SENT: it has never heard of it. */
    enum gateway_outcome (*refund_inquire)(struct op *op, const struct gateway_refund *in, const char **id, const char **problem);
    enum gateway_word (*refund_follow)(struct op *op, const struct gateway_refund *in, const char **problem);
};

const struct gateway *gateway_find(const char *name); /* NULL: unknown */
const struct gateway *gateway_default(struct op *op); /* the first that is configured; NULL: none */
bool gateway_can_refund(struct op *op, const char *name);

extern const struct gateway gateway_zibal, gateway_zarinpal;

#endif
