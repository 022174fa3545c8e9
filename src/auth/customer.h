/* Customers: found or made by their phone, their profile, what staff may see of them, and erasing
 * what is personal. Worker processes. */
#ifndef AUTH_CUSTOMER_H
#define AUTH_CUSTOMER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct view;

/* The customer of a phone, made when new. Takes no lock on an existing row, so the caller may take
 * the owner's lock after it. In a transaction. */
enum err customer_ensure(struct op *op, const char *phone, int64_t *id, bool *fresh) MUST_CHECK;
enum err customer_logged_in(struct op *op, int64_t id) MUST_CHECK;

/* {id, phone, name, email, email_verified, national_code, avatar, lang, created_at}; ERR_NOT_FOUND. */
enum err customer_view(struct op *op, int64_t id, struct view *out) MUST_CHECK;

struct customer_change { /* *_given: the member came; NULL then empties it */
    const char *name, *email, *national_code, *lang;
    bool name_given, email_given, national_code_given, lang_given;
};
/* A changed e-mail address is unverified. ERR_INVALID_FIELD for a wrong national code. */
enum err customer_change(struct op *op, int64_t id, const struct customer_change *change) MUST_CHECK;
enum err customer_set_avatar(struct op *op, int64_t id, const char *file) MUST_CHECK; /* NULL: none */
/* Another number; in the transaction that takes the code sent to it. ERR_PHONE_TAKEN. */
enum err customer_set_phone(struct op *op, int64_t id, const char *phone) MUST_CHECK;
/* Personal fields go, sessions end, addresses are emptied, and cart, messages, devices and what was
 * waited for no longer name them; orders keep their own snapshots, reviews lose their author. The
 * number can be used for a new account. In a transaction. */
enum err customer_erase(struct op *op, int64_t id) MUST_CHECK;
/* What may be taken along besides profile, addresses and sessions: {orders, wallet, reviews,
 * waiting_for, cart, messages}. */
enum err customer_export(struct op *op, int64_t id, struct view *out) MUST_CHECK;

/* Staff: {items: [{id, phone, name, created_at, last_login_at, erased}], next}, by phone or name. */
enum err customer_search(struct op *op, const char *text, int64_t below, int64_t limit,
                         struct view *out) MUST_CHECK;

#endif
