/* The catalogue as everybody sees it. */
#include "shop/catalog.h"

#include <string.h>

#include "core/arena.h"
#include "core/crypto.h"
#include "core/str.h"
#include "core/text.h"
#include "core/view.h"
#include "db/db.h"
#include "net/cache.h"

#define WORDS_MAX 50
#define SHELF 8            /* products in a row of the home page */
#define FACET_SECONDS 5    /* how old counts may be */
#define BOUND_HEX 16       /* of a cursor: enough to tell filters apart */
#define CATEGORY_DEPTH 64  /* levels of JSON */

static const char *pattern_of(struct arena *a, struct str word)
{
    struct buf b;
    buf_init(&b, a, word.n + 8);
    buf_char(&b, '%');
    for (size_t i = 0; i < word.n; i++) {
        if (strchr("%_\\", word.p[i]))
            buf_char(&b, '\\');
        buf_char(&b, word.p[i]);
    }
    buf_char(&b, '%');
    return buf_text(&b);
}

size_t catalog_words(struct op *op, const char *q, const char *const **out)
{
    const char **words = arena_array(op->arena, const char *, WORDS_MAX);
    struct str rest = str_of(q ? text_search_key(op->arena, str_of(q)) : "");
    size_t n = 0;
    while (rest.n && n < WORDS_MAX) {
        struct str word = str_cut(&rest, ' ');
        if (word.n)
            words[n++] = pattern_of(op->arena, word);
    }
    *out = n ? words : NULL;
    return n;
}

/* ---- cursors: lists run by (rank, id), rank being what they are sorted by ---- */

static const char *bound_hash(struct op *op, const char *bound)
{
    return arena_strndup(op->arena, crypto_sha256_hex(op->arena, str_of(bound)), BOUND_HEX);
}

static const char *cursor_make(struct op *op, const char *bound, int64_t rank, int64_t id)
{
    const char *plain = arena_printf(op->arena, "%s.%lld.%lld", bound_hash(op, bound),
                                     (long long)rank, (long long)id);
    return crypto_base64url(op->arena, plain, strlen(plain));
}

static enum err cursor_read(struct op *op, const char *cursor, const char *bound, int64_t *rank, int64_t *id)
{
    struct str rest;
    *rank = *id = INT64_MIN;
    if (!cursor)
        return ERR_OK;
    if (crypto_base64url_decode(op->arena, str_of(cursor), &rest)) {
        struct str hash = str_cut(&rest, '.'), first = str_cut(&rest, '.');
        if (str_is(hash, bound_hash(op, bound)) && str_int(first, rank) && str_int(rest, id))
            return ERR_OK;
    }
    return err_set(op, ERR_CURSOR_INVALID, NULL);
}

/* ---- lists ---- */

/* Everything that decides which products a list shows and in which order. */
static const char *bound_of(struct op *op, const struct catalog_filter *f)
{
    return arena_printf(op->arena, "products\n%s\n%s\n%lld\n%lld\n%d\n%d\n%s", f->category ? f->category : "",
                        f->q ? text_search_key(op->arena, str_of(f->q)) : "", (long long)f->min_price,
                        (long long)f->max_price, f->in_stock, f->on_sale, f->sort ? f->sort : "newest");
}

static struct param words_param(struct op *op, const char *q)
{
    const char *const *words;
    size_t n = catalog_words(op, q, &words);
    return n ? P_TEXTS(words, n) : P_NULL;
}

static struct queued *queue_list(struct op *op, const struct catalog_filter *f, int64_t limit, int64_t rank, int64_t id)
{
    return db_queue(op, Q_PRODUCT_LIST, P_TEXT(lang_code(op->lang)), P_TEXT(f->category), words_param(op, f->q),
                    P_OPT_INT(f->min_price), P_OPT_INT(f->max_price), P_BOOL(f->in_stock), P_BOOL(f->on_sale),
                    P_TEXT(f->sort ? f->sort : "newest"), P_OPT_INT(rank), P_OPT_INT(id), P_INT(limit));
}

static const char *facets_key(struct op *op, const struct catalog_filter *f)
{
    return arena_printf(op->arena, "facets:%s:%s", lang_code(op->lang),
                        crypto_sha256_hex(op->arena, str_of(bound_of(op, f))));
}

/* Counts may be a few seconds old. NULL: they were in the cache and are in `into` now. */
static struct queued *queue_facets(struct op *op, const struct catalog_filter *f, struct view *into)
{
    struct str cached;
    const char *error;
    struct view *v = cache_get(op, facets_key(op, f), &cached) ? view_parse(op->arena, cached, CATEGORY_DEPTH, &error) : NULL;
    if (v) {
        view_attach(into, "facets", v);
        return NULL;
    }
    return db_queue(op, Q_PRODUCT_FACETS, P_TEXT(lang_code(op->lang)), P_TEXT(f->category), words_param(op, f->q),
                    P_OPT_INT(f->min_price), P_OPT_INT(f->max_price), P_BOOL(f->in_stock));
}

static void facets_view(struct op *op, const struct catalog_filter *f, const struct queued *q, struct view *into)
{
    if (!q)
        return;
    const char *json = row_text(&q->rows, 0, "facets");
    view_json(into, "facets", json);
    cache_set(op, facets_key(op, f), str_of(json), FACET_SECONDS);
}

enum err catalog_list(struct op *op, const struct catalog_filter *filter, int64_t limit, const char *cursor,
                      struct view *into)
{
    int64_t rank, id;
    const char *bound = bound_of(op, filter);
    TRY(cursor_read(op, cursor, bound, &rank, &id));
    struct queued *list = queue_list(op, filter, limit, rank, id);
    struct queued *facets = queue_facets(op, filter, into);
    TRY(db_flush(op));
    view_json(into, "items", row_text(&list->rows, 0, "items"));
    if (row_null(&list->rows, 0, "next_id"))
        view_null(into, "next");
    else
        view_text(into, "next", cursor_make(op, bound, row_int(&list->rows, 0, "next_rank"),
                                               row_int(&list->rows, 0, "next_id")));
    facets_view(op, filter, facets, into);
    return ERR_OK;
}

/* ---- single things ---- */

static enum err body_view(struct op *op, const struct rows *r, struct view **out)
{
    const char *error;
    *out = view_parse(op->arena, str_of(row_text(r, 0, "body")), CATEGORY_DEPTH, &error);
    return *out ? ERR_OK : err_internal(op, ERR_INTERNAL, "a body of the catalogue: %s", error ? error : "null");
}

enum err catalog_product(struct op *op, const char *slug, struct view **out, const char **moved)
{
    struct rows r;
    *moved = NULL;
    TRY(db_query(op, &r, Q_PRODUCT_GET, P_TEXT(slug), P_TEXT(lang_code(op->lang))));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    if (strcmp(row_text(&r, 0, "slug"), slug) != 0)
        *moved = row_text(&r, 0, "slug");
    return body_view(op, &r, out);
}

enum err catalog_categories(struct op *op, struct view *into)
{
    struct rows r;
    TRY(db_query(op, &r, Q_CATEGORY_TREE, P_TEXT(lang_code(op->lang))));
    view_json(into, "items", row_text(&r, 0, "items"));
    return ERR_OK;
}

enum err catalog_category(struct op *op, const char *slug, struct view **out, const char **moved)
{
    struct rows r;
    *moved = NULL;
    TRY(db_query(op, &r, Q_CATEGORY_GET, P_TEXT(slug), P_TEXT(lang_code(op->lang))));
    if (r.count == 0)
        return err_set(op, ERR_NOT_FOUND, NULL);
    if (strcmp(row_text(&r, 0, "slug"), slug) != 0)
        *moved = row_text(&r, 0, "slug");
    return body_view(op, &r, out);
}

enum err catalog_home(struct op *op, struct view *into)
{
    struct catalog_filter all = { .min_price = INT64_MIN, .max_price = INT64_MIN }, sale = all, best = all;
    best.sort = "bestselling";
    sale.on_sale = true;
    struct queued *tree = db_queue(op, Q_CATEGORY_TREE, P_TEXT(lang_code(op->lang)));
    struct queued *newest = queue_list(op, &all, SHELF, INT64_MIN, INT64_MIN);
    struct queued *bestselling = queue_list(op, &best, SHELF, INT64_MIN, INT64_MIN);
    struct queued *on_sale = queue_list(op, &sale, SHELF, INT64_MIN, INT64_MIN);
    TRY(db_flush(op));
    view_json(into, "categories", row_text(&tree->rows, 0, "items"));
    view_json(into, "newest", row_text(&newest->rows, 0, "items"));
    view_json(into, "bestselling", row_text(&bestselling->rows, 0, "items"));
    view_json(into, "on_sale", row_text(&on_sale->rows, 0, "items"));
    return ERR_OK;
}
