/* Customers and their profiles. */
#include "auth/customer.h"

#include <string.h>

#include "auth/audit.h"
#include "auth/session.h"
#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "db/lock.h"

enum err customer_ensure(struct op *op, const char *phone, int64_t *id, bool *fresh)
{
    struct rows r;
    struct queued *made = db_queue(op, Q_CUSTOMER_ADD, P_TEXT(phone), P_TEXT(lang_code(op->lang)));
    TRY(db_query(op, &r, Q_CUSTOMER_BY_PHONE, P_TEXT(phone)));
    *id = row_int(&r, 0, "id");
    *fresh = made->rows.count == 1;
    return ERR_OK;
}

enum err customer_logged_in(struct op *op, int64_t id)
{
    return db_exec(op, Q_CUSTOMER_LOGGED_IN, P_INT(id));
}

enum err customer_view(struct op *op, int64_t id, struct view *out)
{
    static const char *const texts[] = { "phone", "name", "email", "national_code", "lang", "created_at" };
    struct rows r;
    TRY(db_query(op, &r, Q_CUSTOMER_GET, P_INT(id)));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    view_int(out, "id", id);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        view_text(out, texts[i], row_text(&r, 0, texts[i]));
    const char *avatar = row_text(&r, 0, "avatar");
    view_text(out, "avatar", avatar ? arena_printf(op->arena, "/media/%s", avatar) : NULL);
    view_bool(out, "email_verified", row_bool(&r, 0, "email_verified"));
    return ERR_OK;
}

enum err customer_change(struct op *op, int64_t id, const struct customer_change *c)
{
    if (c->national_code && !text_national_code(c->national_code)) {
        err_field(op, "/national_code", "bad_national_code", NULL);
        return ERR_INVALID_FIELD;
    }
    return db_exec(op, Q_CUSTOMER_CHANGE, P_INT(id), P_BOOL(c->name_given), P_TEXT(c->name),
                   P_BOOL(c->email_given), P_TEXT(c->email), P_BOOL(c->national_code_given),
                   P_TEXT(c->national_code), P_BOOL(c->lang_given), P_TEXT(c->lang));
}

enum err customer_set_avatar(struct op *op, int64_t id, const char *file)
{
    return db_exec(op, Q_CUSTOMER_AVATAR, P_INT(id), P_TEXT(file));
}

enum err customer_set_phone(struct op *op, int64_t id, const char *phone)
{
    return db_exec(op, Q_CUSTOMER_PHONE, P_INT(id), P_TEXT(phone));
}

enum err customer_erase(struct op *op, int64_t id)
{
    const char *target = arena_printf(op->arena, "customer:%lld", (long long)id);
    struct lock_set locks = { .n = 0 };
    lock_add(&locks, LOCK_CUSTOMER, id);
    lock_queue(op, &locks);
    db_queue(op, Q_CUSTOMER_ERASE_ADDRESSES, P_INT(id));
    db_queue(op, Q_CUSTOMER_ERASE_TRACES, P_INT(id));
    db_queue(op, Q_EMAIL_LINKS_ERASE, P_INT(id));
    audit_write(op, "customer.erase", target, NULL, NULL);
    TRY(session_end_all(op, ACTOR_CUSTOMER, id, 0, "erased"));
    return db_exec(op, Q_CUSTOMER_ERASE, P_INT(id));
}

enum err customer_export(struct op *op, int64_t id, struct view *out)
{
    static const char *const parts[] = { "orders", "wallet", "reviews", "waiting_for", "cart", "messages" };
    struct rows r;
    TRY(db_query(op, &r, Q_CUSTOMER_EXPORT, P_INT(id), P_TEXT(lang_code(op->lang))));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        view_json(out, parts[i], row_text(&r, 0, parts[i]));
    return ERR_OK;
}

enum err customer_search(struct op *op, const char *text, int64_t below, int64_t limit,
                         struct view *out)
{
    static const char *const texts[] = { "phone", "name", "created_at", "last_login_at" };
    struct rows r;
    const char *phone = text ? text_mobile(op->arena, str_of(text)) : NULL;
    TRY(db_query(op, &r, Q_CUSTOMER_SEARCH, P_TEXT(phone), P_TEXT(phone ? NULL : text), P_INT(below),
                 P_INT(limit)));
    struct view *items = view_array(out, "items");
    for (int i = 0; i < r.count; i++) {
        struct view *item = view_append(items);
        view_int(item, "id", row_int(&r, i, "id"));
        for (size_t c = 0; c < sizeof(texts) / sizeof(texts[0]); c++)
            view_text(item, texts[c], row_text(&r, i, texts[c]));
        view_bool(item, "erased", row_bool(&r, i, "erased"));
    }
    if (r.count == limit)
        view_text(out, "next", row_text(&r, r.count - 1, "id"));
    else
        view_null(out, "next");
    return ERR_OK;
}
