/* Shipping prices. */
#include "shop/shipping.h"

#include <string.h>

#include "core/arena.h"
#include "core/assert.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/settings.h"

#define METHOD(kind, member) COLUMN(kind, shipping_method, member)
static const struct column columns[] = {
    METHOD(ROW_TEXT, id), METHOD(ROW_TEXT, title_fa), METHOD(ROW_TEXT, title_en), METHOD(ROW_TEXT, charged),
    METHOD(ROW_INT, eta_days), METHOD(ROW_INT, free_over), METHOD(ROW_INT, extra_kg), METHOD(ROW_INT, min_weight_g),
    METHOD(ROW_INT, max_weight_g), METHOD(ROW_BOOL, needs_address), METHOD(ROW_BOOL, needs_postal_code),
    METHOD(ROW_TEXT, zone_kind), METHOD(ROW_TEXT, zone_fa), METHOD(ROW_TEXT, zone_en), METHOD(ROW_TEXT, steps),
    METHOD(ROW_INT, now), METHOD(ROW_TEXT, holidays),
};

static void weigh(const struct parcel *p, struct shipping_price *out)
{
    int64_t volumetric = p->divisor > 0 ? (p->volume_cm3 * 1000 + p->divisor - 1) / p->divisor : 0;
    out->by_volume = volumetric > p->weight_g;
    out->billed_g = out->by_volume ? volumetric : p->weight_g;
}

struct shipping_price shipping_price(const struct parcel *p, const int64_t (*steps)[2], size_t n, int64_t extra_kg,
                                     int64_t free_over)
{
    struct shipping_price out = { 0 };
    size_t at = 0;
    weigh(p, &out);
    if (n > 0) {
        while (at + 1 < n && out.billed_g > steps[at][0])
            at++;
        out.step_g = steps[at][0];
        out.step_price = steps[at][1];
        if (out.billed_g > out.step_g)
            out.extra_kg = (out.billed_g - out.step_g + 999) / 1000;
        out.extra_price = out.extra_kg * extra_kg;
    }
    out.free_over = free_over != INT64_MIN && p->goods >= free_over;
    out.price = out.free_over ? 0 : out.step_price + out.extra_price;
    return out;
}

static void price_method(struct op *op, struct shipping_method *m, const struct parcel *parcel)
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
    m->how = shipping_price(parcel, steps, n, m->extra_kg, m->free_over);
    m->price = m->how.price;
    m->fits = (m->min_weight_g == INT64_MIN || m->how.billed_g >= m->min_weight_g) &&
              (m->max_weight_g == INT64_MIN || m->how.billed_g <= m->max_weight_g);
}

static void read_dispatch(struct op *op, const struct shipping_method *m, const struct settings *s, struct dispatch *d)
{
    const char *error;
    struct view *list = view_parse(op->arena, str_of(m->holidays), 2, &error);
    *d = (struct dispatch){ .now = m->now, .cutoff_hour = s->dispatch_cutoff_hour, .n = view_count(list),
        .sends = { s->dispatch_saturday, s->dispatch_sunday, s->dispatch_monday, s->dispatch_tuesday,
                   s->dispatch_wednesday, s->dispatch_thursday, s->dispatch_friday } };
    int64_t *days = arena_array(op->arena, int64_t, d->n + 1);
    for (size_t i = 0; i < d->n; i++)
        days[i] = view_value_int(view_at(list, i));
    d->holidays = days;
}

struct queued *shipping_queue(struct op *op, const char *province)
{
    return db_queue(op, Q_SHIPPING_OPTIONS, P_TEXT(province));
}

struct shipping_method *shipping_read(struct op *op, const struct queued *q, const struct parcel *parcel,
                                      const struct settings *s, size_t *n, size_t *unfit)
{
    size_t count = (size_t)q->rows.count;
    struct shipping_method *list = arena_array(op->arena, struct shipping_method, count + 1);
    struct dispatch dispatch;
    *n = *unfit = 0;
    for (size_t i = 0; i < count; i++) {
        struct shipping_method m = { 0 };
        row_read(&q->rows, (int)i, columns, sizeof(columns) / sizeof(columns[0]), &m);
        price_method(op, &m, parcel);
        if (i == 0)
            read_dispatch(op, &m, s, &dispatch);
        m.promise = dispatch_promise(&dispatch, m.eta_days);
        list[m.fits ? (*n)++ : count - ++(*unfit)] = m;
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
    view_text(into, "ships_on", dispatch_date(op->arena, m->promise.ships_on));
    view_text(into, "arrives_by", dispatch_date(op->arena, m->promise.arrives_by));
    view_bool(into, "needs_address", m->needs_address);
    view_bool(into, "needs_postal_code", m->needs_postal_code);
}
