/* The catalogue's public pages. */
#include "routes/handlers.h"

#include "core/arena.h"
#include "core/view.h"
#include "shop/catalog.h"
#include "shop/review.h"

struct product_list_query {
    const char *category, *q, *sort, *cursor;
    int64_t min_price, max_price, limit;
    int in_stock;
};
static const struct field product_list_fields[] = {
    FIELD(F_TEXT, product_list_query, category, .max = 200, .doc = "slug; with the categories below it"),
    FIELD(F_TEXT, product_list_query, q, .max = 100, .doc = "words that must all be found"),
    FIELD(F_INT, product_list_query, min_price, .doc = "of the lowest price"),
    FIELD(F_INT, product_list_query, max_price, .doc = "of the lowest price"),
    FIELD(F_BOOL, product_list_query, in_stock, .doc = "true: only what can be bought now"),
    FIELD(F_ENUM, product_list_query, sort, .choices = " newest price -price bestselling rating "),
    FIELD(F_INT, product_list_query, limit, .min = 1, .max = 100),
    FIELD(F_SECRET, product_list_query, cursor, .max = 4000),
};
const struct schema product_list_query = SCHEMA(product_list_query, product_list_fields);

/* What strangers without a cart see is the same for all and may be kept for a moment. */
static void may_be_kept(struct request *req)
{
    if (req->principal.kind == ACTOR_NOBODY && !req->principal.cart_token)
        req->reply.cache_control = "public, max-age=1, stale-if-error=600";
}

static struct catalog_filter filter_of(const struct product_list_query *q, const char *category)
{
    return (struct catalog_filter){ .category = category, .q = q->q, .sort = q->sort, .min_price = q->min_price,
                                    .max_price = q->max_price, .in_stock = q->in_stock == 1 };
}

static enum err list(struct request *req, const char *category)
{
    const struct product_list_query *q = req->params;
    struct catalog_filter filter = filter_of(q, category);
    may_be_kept(req);
    return catalog_list(&req->op, &filter, q->limit == INT_ABSENT ? CATALOG_PAGE : q->limit, q->cursor, req->reply.view);
}

enum err product_list_get(struct request *req)
{
    const struct product_list_query *q = req->params;
    return list(req, q->category);
}

enum err product_get(struct request *req)
{
    const char *moved;
    TRY(catalog_product(&req->op, req->vars[0], &req->reply.view, &moved));
    may_be_kept(req);
    if (moved) {
        req->reply.status = 301;
        reply_redirect(req, arena_printf(req->op.arena, "/products/%s", moved));
    } else if (req->principal.kind == ACTOR_CUSTOMER)
        TRY(review_own(&req->op, req->vars[0], req->principal.id, req->reply.view));
    return ERR_OK;
}

enum err category_list_get(struct request *req)
{
    may_be_kept(req);
    return catalog_categories(&req->op, req->reply.view);
}

enum err category_get(struct request *req)
{
    const char *moved;
    TRY(catalog_category(&req->op, req->vars[0], &req->reply.view, &moved));
    if (!moved)
        return list(req, req->vars[0]);
    may_be_kept(req);
    req->reply.status = 301;
    reply_redirect(req, arena_printf(req->op.arena, "/categories/%s", moved));
    return ERR_OK;
}

enum err home_page(struct request *req)
{
    may_be_kept(req);
    return catalog_home(&req->op, req->reply.view);
}
