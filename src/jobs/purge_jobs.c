/* Clearing away what has served its time. */
#include "auth/audit.h"
#include "db/db.h"
#include "jobs/jobs.h"
#include "shop/settings.h"

enum err job_audit_seal(struct op *op, const struct view *payload)
{
    (void)payload;
    int64_t sealed;
    return audit_seal(op, 10000, &sealed);
}

enum err job_purge(struct op *op, const struct view *payload)
{
    struct settings s;
    (void)payload;
    TRY(settings_load(op, &s));
    db_queue(op, Q_CLAIM_PURGE);
    db_queue(op, Q_JOBS_PURGE);
    db_queue(op, Q_WEBHOOK_PURGE);
    db_queue(op, Q_CARTS_PURGE_GUESTS, P_INT(s.guest_cart_days));
    db_queue(op, Q_CARTS_PURGE_CUSTOMERS, P_INT(s.customer_cart_days));
    db_queue(op, Q_IDENTITY_CLEAN);
    db_queue(op, Q_EMAIL_LINKS_CLEAN);
    return db_flush(op);
}
