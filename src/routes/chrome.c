/* What every page shows besides its own view: who is logged in, the cart's badge, the shop's name. It
 * also serves the error page, when the database may be away: then it says less. */
#include <string.h>

#include "auth/policy.h"
#include "core/arena.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/view.h"
#include "db/tx.h"
#include "http/form.h"
#include "http/request.h"
#include "routes/app.h"

static void put_user(const struct request *req, struct view *page)
{
    const struct principal *p = &req->principal;
    if (p->kind != ACTOR_CUSTOMER && p->kind != ACTOR_STAFF) {
        view_null(page, "user");
        return;
    }
    struct view *user = view_object(page, "user");
    view_text(user, "kind", p->kind == ACTOR_STAFF ? "staff" : "customer");
    view_bool(user, p->kind == ACTOR_STAFF ? "staff" : "customer", true);
    view_text(user, "name", p->name);
    struct view *can = view_object(page, "can");
    for (size_t i = 0; permission_name(i); i++)
        view_bool(can, permission_name(i), p->permissions & (UINT64_C(1) << i));
}

static void put_shop(struct request *req, struct view *page)
{
    struct op *op = &req->op;
    struct errinfo kept = req->errinfo;
    struct rows r;
    struct view *shop = view_object(page, "shop");
    bool known = op->db && !db_in_tx(op) && db_query(op, &r, Q_PAGE_SHOP, P_INT(req->principal.cart_id)) == ERR_OK;
    const char *column = op->lang == LANG_FA ? "name_fa" : "name_en";
    view_text(shop, "name", known ? row_text(&r, 0, column) : op->lang == LANG_FA ? "ترازو" : "Tarazu");
    view_text(shop, "base_url", op->conf ? op->conf->shop_base_url : "");
    view_int(page, "cart_count", known ? row_int(&r, 0, "cart_count") : 0);
    req->errinfo = kept;
}

/* The query as it came, for the address of the next page: all but the cursor, each pair with its '&'. */
static const char *kept_query(struct request *req)
{
    struct str rest = str_of(req->query), name, value;
    struct buf b;
    buf_init(&b, req->op.arena, 128);
    while (form_next(&rest, &name, &value))
        if (!str_is(name, "cursor"))
            buf_printf(&b, STR_FMT "=" STR_FMT "&", STR_ARG(name), STR_ARG(value));
    return buf_text(&b);
}

static void put_query(struct request *req, struct view *page)
{
    static const char *const known[] = { "q", "category", "sort", "min_price", "max_price", "in_stock", "status", "next", "unresolved",
        "payment_status", "payment_method", "placed_from", "placed_to", "province", "item", "tracking_number",
        "low", "below", "on_hand", "delta", "phone", "name" };
    struct view *query = view_object(page, "query");
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const char *value = request_query(req, known[i]);
        if (value)
            view_text(query, known[i], value);
    }
    view_text(query, "kept", kept_query(req));
    const char *sort = request_query(req, "sort");
    if (sort)
        view_bool(view_object(query, "sort_is"), sort, true);
}

void app_chrome(struct request *req, struct view *context)
{
    struct arena *a = req->op.arena;
    struct view *page = view_object(context, "page");
    bool fa = req->op.lang == LANG_FA;
    view_text(page, "lang", lang_code(req->op.lang));
    view_text(page, "dir", fa ? "rtl" : "ltr");
    view_bool(page, "fa", fa);
    view_bool(page, "en", !fa);
    view_text(page, "other_lang", fa ? "en" : "fa");
    view_text(page, "path", req->path);
    const char *back = req->method == METHOD_GET ? req->uri : request_back(req); /* where a look leads here again */
    view_text(page, "url", back ? back : "/");
    view_text(page, "request_id", req->op.request_id);
    view_text(page, "idempotency_key", crypto_uuid(a));
    put_user(req, page);
    put_shop(req, page);
    put_query(req, page);
}
