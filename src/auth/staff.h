/* Staff accounts: logging in with password and second factor, and what an owner does with accounts.
 * A new account or reset shows its TOTP secret once. The last enabled owner stays (a trigger).
 * Worker processes and `tarazu staff`. */
#ifndef AUTH_STAFF_H
#define AUTH_STAFF_H

#include <stdint.h>

#include "core/err.h"

struct view;

struct staff_login {
    const char *username, *password, *otp;
    const char *altcha; /* may be NULL */
};
/* Everything that can be wrong is ERR_LOGIN_INVALID, in the same time; after ten failures for a name
 * each try needs a captcha (ERR_RATE_LIMITED). Outside transactions. */
enum err staff_verify(struct op *op, const struct staff_login *login, int64_t *id) MUST_CHECK;

struct staff_new {
    const char *username, *name, *role, *password_hash;
};
/* ERR_ALREADY_EXISTS, ERR_INVALID_FIELD. *totp: base32. In a transaction, as the functions below. */
enum err staff_add(struct op *op, const struct staff_new *in, int64_t *id, const char **totp) MUST_CHECK;
/* New password and second factor, all sessions end. */
enum err staff_reset(struct op *op, const char *username, const char *password_hash, const char **totp)
    MUST_CHECK;
/* ERR_NOT_FOUND; ERR_LAST_OWNER when nobody would be left. Disabling ends all sessions. */
enum err staff_set_role(struct op *op, const char *username, const char *role) MUST_CHECK;
enum err staff_set_disabled(struct op *op, const char *username, int disabled) MUST_CHECK;
/* One's own: the present password proves it (wrong ones count as failed log-ins); other sessions end.
 * ERR_INVALID_FIELD, ERR_RATE_LIMITED. Outside transactions. */
struct staff_own_password {
    const char *present, *wanted;
    int64_t session_id; /* stays */
};
enum err staff_own_password(struct op *op, const struct staff_own_password *in) MUST_CHECK;
/* {items: [{id, username, name, role, created_at, last_login_at, disabled}]} */
enum err staff_list(struct op *op, struct view *out) MUST_CHECK;

/* `tarazu staff add|list|disable|enable|role|reset`; the exit status. */
int staff_main(struct op *op, int argc, char **argv);

#endif
