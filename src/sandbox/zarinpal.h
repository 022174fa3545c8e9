/* Zarinpal's name for a payment: "A" and the track id in 35 digits. Lock held. */
#ifndef SANDBOX_ZARINPAL_H
#define SANDBOX_ZARINPAL_H

struct payment;

enum { AUTHORITY_TEXT = 40 };
const char *zarinpal_authority(const struct payment *p, char out[AUTHORITY_TEXT]);
struct payment *zarinpal_find(const char *authority); /* NULL unless a Zarinpal payment */

#endif
