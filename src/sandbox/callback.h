/* How the bank tells the shop: the browser's way back, the signed webhook, the lazy callback. Lock
 * held in all functions; what must be sent is given to the courier. */
#ifndef SANDBOX_CALLBACK_H
#define SANDBOX_CALLBACK_H

#include <stdbool.h>
#include <stdint.h>

struct payment;

/* Where the payer's browser goes after the bank, with the faults of the call "callback" applied. */
struct way_back {
    char *url;          /* the caller frees; NULL: nowhere (lazy, dropped, cut) */
    int64_t delay_ms;   /* the page answers so much later */
    int http_status;    /* the page answers this instead, 0: no */
    bool hangup;        /* the browser dies on the way */
};

/* own_calls: how often the sandbox itself GETs the URL, beside the browser. */
struct way_back callback_way_back(const struct payment *p, int own_calls);

/* Zibal only: POST to {shop}/payment/webhook, or the lazy callback to the callback URL. */
void callback_webhook(const struct payment *p);

/* Lets the payer pay at p->late_at. */
void callback_wake_payer(const struct payment *p);

#endif
