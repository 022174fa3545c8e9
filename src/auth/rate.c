/* How often somebody may ask, counted in PostgreSQL. */
#include "auth/rate.h"

#include <arpa/inet.h>

#include "auth/pow.h"
#include "core/arena.h"
#include "core/assert.h"
#include "db/db.h"
#include "db/tx.h"

#define MINUTE 60

static const struct {
    const char *name;
    int64_t per_minute, failures, window;
} classes[RATE_CLASS_COUNT] = {
#define RATE(id, name, per_minute, failures, window) [RATE_##id] = { name, per_minute, failures, window },
#include "auth/rate.def"
#undef RATE
};

const char *rate_address(struct op *op)
{
    struct in6_addr six;
    const char *client = op->client ? op->client : "";
    if (inet_pton(AF_INET6, client, &six) != 1)
        return arena_printf(op->arena, "addr:%s", client);
    if (IN6_IS_ADDR_V4MAPPED(&six))
        return arena_printf(op->arena, "addr:%d.%d.%d.%d", six.s6_addr[12], six.s6_addr[13],
                            six.s6_addr[14], six.s6_addr[15]);
    for (int i = 8; i < 16; i++)
        six.s6_addr[i] = 0;
    char text[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &six, text, sizeof(text));
    return arena_printf(op->arena, "addr:%s/64", text);
}

const char *rate_cart(struct op *op, int64_t cart_id)
{
    return arena_printf(op->arena, "cart:%lld", (long long)cart_id);
}

const char *rate_principal(struct op *op)
{
    switch (op->actor.kind) {
    case ACTOR_CUSTOMER: return arena_printf(op->arena, "customer:%lld", (long long)op->actor.id);
    case ACTOR_STAFF: return arena_printf(op->arena, "staff:%lld", (long long)op->actor.id);
    case ACTOR_NOBODY:
    case ACTOR_SYSTEM: break;
    }
    return rate_address(op);
}

static enum err refuse(struct op *op, int64_t seconds)
{
    err_set(op, ERR_RATE_LIMITED, NULL);
    err_retry_after(op, seconds < 1 ? 1 : (int)seconds);
    err_param_bool(op, "captcha", 1);
    return ERR_RATE_LIMITED;
}

enum err rate_check(struct op *op, enum rate_class c, const char *who)
{
    if (!classes[c].per_minute)
        return ERR_OK;
    ASSERT(!db_in_tx(op));
    struct rows r;
    TRY(db_query(op, &r, Q_RATE_HIT, P_TEXT(classes[c].name), P_TEXT(who), P_INT(MINUTE)));
    if (row_int(&r, 0, "hits") <= classes[c].per_minute)
        return ERR_OK;
    return refuse(op, row_int(&r, 0, "seconds"));
}

enum err rate_blocked(struct op *op, enum rate_class c, const char *who)
{
    if (!classes[c].failures)
        return ERR_OK;
    struct rows r;
    TRY(db_query(op, &r, Q_RATE_FAILURES, P_TEXT(classes[c].name), P_TEXT(who),
                 P_INT(classes[c].failures), P_INT(classes[c].window)));
    if (r.count == 0 || row_int(&r, 0, "failures") < classes[c].failures)
        return ERR_OK;
    return refuse(op, row_int(&r, 0, "seconds"));
}

enum err rate_guard(struct op *op, enum rate_class c, const char *who, const char *altcha)
{
    enum err often = rate_check(op, c, who);
    if (often != ERR_OK && often != ERR_RATE_LIMITED)
        return often;
    enum err failed = ERR_OK;
    if (often == ERR_OK)
        failed = rate_blocked(op, c, who);
    if (failed != ERR_OK && failed != ERR_RATE_LIMITED)
        return failed;
    if (often == ERR_OK && failed == ERR_OK)
        return ERR_OK;
    if (!altcha || !*altcha)
        return ERR_RATE_LIMITED;
    err_clear(op);
    TRY(pow_redeem(op, altcha));
    if (failed != ERR_OK && c == RATE_COUPON)
        TRY(rate_forgive(op, c, who));
    return ERR_OK;
}

enum err rate_failure(struct op *op, enum rate_class c, const char *who)
{
    if (!classes[c].failures)
        return ERR_OK;
    ASSERT(!db_in_tx(op));
    struct rows r;
    TRY(db_query(op, &r, Q_RATE_FAIL, P_TEXT(classes[c].name), P_TEXT(who),
                 P_INT(classes[c].failures), P_INT(classes[c].window)));
    if (row_int(&r, 0, "failures") <= classes[c].failures)
        return ERR_OK;
    return refuse(op, row_int(&r, 0, "seconds"));
}

enum err rate_forgive(struct op *op, enum rate_class c, const char *who)
{
    return db_exec(op, Q_RATE_FORGIVE, P_TEXT(classes[c].name), P_TEXT(who));
}
