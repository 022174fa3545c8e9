/* Handlers and input schemas of logging in and out, the account, and what staff do with people. Rows: identity.def. Worker processes. */
#ifndef ROUTES_IDENTITY_H
#define ROUTES_IDENTITY_H

#include "http/request.h"
#include "http/schema.h"

#define COOKIE_CART "__Host-cart"

route_handler auth_request_otp, auth_verify_otp, auth_refresh, auth_logout, auth_logout_all, auth_challenge,
    auth_staff_login;
route_handler login_page, admin_login_page;
route_handler account_get, account_change, account_avatar, account_export, account_erase, account_prove, account_email_verify, account_phone_request,
    account_phone_change, account_security_page;
route_handler account_address_list, account_address_get, account_address_add, account_address_change, account_address_archive;
route_handler account_session_list, account_session_end;
route_handler admin_staff_list, admin_staff_add, admin_staff_change, admin_key_list, admin_key_add,
    admin_key_revoke, admin_audit, admin_sms, admin_customers, admin_customer, admin_customer_lift,
    admin_customer_end, admin_session_list, admin_session_end, admin_own_password, admin_phone_lift;
extern const struct schema otp_request_in, otp_verify_in, refresh_in, logout_in, staff_login_in, login_query;
extern const struct schema account_in, avatar_in, prove_in, phone_request_in, phone_change_in;
extern const struct schema staff_in, staff_change_in, key_in, audit_query, sms_query, customers_query, security_query, own_password_in, phone_lift_in;

struct login_query {
    const char *next, *step, *challenge, *phone;
    int64_t resend_after;
};

struct security_query {
    const char *step, *challenge, *phone;
    int64_t resend_after;
};

/* Sets or deletes the session's cookies. */
struct session_tokens;
void identity_set_cookies(struct request *req, const struct session_tokens *tokens);
void identity_drop_cookies(struct request *req);
/* A path of this shop to go on to; `otherwise` when next is absent or leads elsewhere. */
const char *identity_next(const char *next, const char *otherwise);
/* Puts {captcha: {ticket, seconds}} into a form that is shown again. */
enum err identity_offer_ticket(struct request *req, struct view *view) MUST_CHECK;
/* The captcha solution that came with the body; NULL: none. */
const char *identity_altcha(const struct request *req);

#endif
