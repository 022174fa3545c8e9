/* Shipping prices. */
#include "shop/shipping.h"

#include <string.h>

#include "core/arena.h"
#include "core/assert.h"
#include "core/view.h"
#include "db/db.h"

static const struct column columns[] = {
    COLUMN(ROW_TEXT, shipping_method, id), COLUMN(ROW_TEXT, shipping_method, title_fa),
    COLUMN(ROW_TEXT, shipping_method, title_en), COLUMN(ROW_TEXT, shipping_method, charged),
    COLUMN(ROW_INT, shipping_method, eta_days), COLUMN(ROW_INT, shipping_method, free_over),
    COLUMN(ROW_INT, shipping_method, extra_kg), COLUMN(ROW_BOOL, shipping_method, needs_address),
    COLUMN(ROW_BOOL, shipping_method, needs_postal_code), COLUMN(ROW_TEXT, shipping_method, steps),
};

int64_t shipping_price(const int64_t (*steps)[2], size_t n, int64_t extra_kg, int64_t weight_g)
{
    if (n == 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (weight_g <= steps[i][0])
            return steps[i][1];
    int64_t over = weight_g - steps[n - 1][0];
    return steps[n - 1][1] + (over + 999) / 1000 * extra_kg;
}

static void price_method(struct op *op, struct shipping_method *m, int64_t weight_g, int64_t goods)
{
    int64_t steps[SHIPPING_STEPS_MAX][2];
    const char *error;
    struct view *list = m->steps ? view_parse(op->arena, str_of(m->steps), 4, &error) : NULL;
    size_t n = list ? view_count(list) : 0;
    ASSERT(n <= SHIPPING_STEPS_MAX);
    for (size_t i = 0; i < n; i++) {
        steps[i][0] = view_value_int(view_at(view_at(list, i), 0));
        steps[i][1] = view_value_int(view_at(view_at(list, i), 1));
    }
    bool free_now = m->free_over != INT64_MIN && goods >= m->free_over;
    m->price = free_now ? 0 : shipping_price(steps, n, m->extra_kg, weight_g);
}

struct queued *shipping_queue(struct op *op, const char *province)
{
    return db_queue(op, Q_SHIPPING_OPTIONS, P_TEXT(province));
}

struct shipping_method *shipping_read(struct op *op, const struct queued *q, int64_t weight_g,
                                      int64_t goods, size_t *n)
{
    *n = (size_t)q->rows.count;
    struct shipping_method *list = arena_array(op->arena, struct shipping_method, *n + 1);
    for (size_t i = 0; i < *n; i++) {
        row_read(&q->rows, (int)i, columns, sizeof(columns) / sizeof(columns[0]), &list[i]);
        price_method(op, &list[i], weight_g, goods);
    }
    return list;
}

const struct shipping_method *shipping_find(const struct shipping_method *list, size_t n, const char *id)
{
    for (size_t i = 0; id && i < n; i++)
        if (strcmp(list[i].id, id) == 0)
            return &list[i];
    return NULL;
}

int64_t shipping_due(const struct shipping_method *m)
{
    return strcmp(m->charged, "checkout") == 0 ? m->price : 0;
}

void shipping_view(struct op *op, const struct shipping_method *m, struct view *into)
{
    view_text(into, "id", m->id);
    view_text(into, "title", op->lang == LANG_FA ? m->title_fa : m->title_en);
    view_int(into, "price", m->price);
    view_text(into, "charged", m->charged);
    view_int(into, "eta_days", m->eta_days);
    view_bool(into, "needs_address", m->needs_address);
    view_bool(into, "needs_postal_code", m->needs_postal_code);
}
