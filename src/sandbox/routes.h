/* Route table of the sandbox and the handlers it names, by protocol. All handlers run with the
 * state lock held and only compute; see exchange.h for what they fill. */
#ifndef SANDBOX_ROUTES_H
#define SANDBOX_ROUTES_H

#include "sandbox/exchange.h"

struct route {
    const char *method;
    const char *path; /* {} takes one segment */
    enum call call;   /* CALL_NONE: not journalled */
    void (*handle)(struct exchange *x);
    /* Says "no" with this code in the words of the protocol; NULL: has no such words. */
    void (*refuse)(struct exchange *x, int64_t code);
};

/* Zibal's gateway (zibal.c) and platform (platform.c) */
void zibal_request(struct exchange *x);
void zibal_lazy(struct exchange *x);
void zibal_verify(struct exchange *x);
void zibal_inquiry(struct exchange *x);
void zibal_refuse(struct exchange *x, int64_t code);
void platform_refund(struct exchange *x);
void platform_refund_inquiry(struct exchange *x);
void platform_refund_list(struct exchange *x);
void platform_report(struct exchange *x);
void platform_refuse(struct exchange *x, int64_t code);
char *platform_bounce(void); /* a journal's line for a refund that has failed meanwhile; NULL: none */

/* Zarinpal v4 (zarinpal.c) */
void zarinpal_request(struct exchange *x);
void zarinpal_verify(struct exchange *x);
void zarinpal_inquiry(struct exchange *x);
void zarinpal_start(struct exchange *x);
void zarinpal_refuse(struct exchange *x, int64_t code);

/* The payer: payment page (page.c) and programs (payer.c) */
void page_start(struct exchange *x);
void page_act(struct exchange *x);
void payer_program(struct exchange *x);

/* SMS providers (kavenegar.c, smsir.c) */
void kavenegar_lookup(struct exchange *x);
void kavenegar_send(struct exchange *x);
void kavenegar_status(struct exchange *x);
void kavenegar_refuse(struct exchange *x, int64_t code);
void smsir_verify(struct exchange *x);
void smsir_bulk(struct exchange *x);
void smsir_refuse(struct exchange *x, int64_t code);

/* Desk: what people and tests look at (desk.c, desk_pages.c, traces.c) */
void desk_health(struct exchange *x);
void desk_sms(struct exchange *x);
void desk_mail(struct exchange *x);
void desk_journal(struct exchange *x);
void desk_faults(struct exchange *x);
void desk_faults_add(struct exchange *x);
void desk_faults_clear(struct exchange *x);
void desk_font(struct exchange *x);
void desk_style(struct exchange *x);
void desk_index(struct exchange *x);
void desk_inbox(struct exchange *x);
void desk_bank(struct exchange *x);
void traces_take(struct exchange *x);
void traces_list(struct exchange *x);

#endif
