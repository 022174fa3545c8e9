/* Reading an import file: values, and faults with the place they stand at. */
#include "shop/import_read.h"

#include "core/arena.h"
#include "core/op.h"
#include "core/str.h"
#include "core/view.h"
#include "tap.h"

static struct op op;
static struct errinfo err;

static struct place file(const char *json)
{
    const char *error;
    err = (struct errinfo){ 0 };
    struct place p = { &op, view_parse(op.arena, str_of(json), 16, &error), "" };
    return p;
}

/* "pointer code" of every fault, in order. */
static const char *faults(void)
{
    struct buf b;
    buf_init(&b, op.arena, 64);
    for (const struct field_error *f = err.fields; f; f = f->next)
        buf_printf(&b, "%s%s %s", b.n ? ", " : "", f->pointer, f->code);
    return buf_text(&b);
}

static void values(void)
{
    struct place p = file("{\"slug\": \" کالا \", \"price\": 12, \"none\": null, \"yes\": true,"
                          "\"at\": \"2026-03-21T00:00:00Z\", \"title\": {\"fa\": \"الف\"}, \"short\": \"ب\"}");
    is_str(import_text(&p, "slug", true), "کالا", "a text is cleaned");
    is_str(import_text(&p, "none", false), NULL, "null is absent");
    is_int(import_int(&p, "price", 100, true), 12, "a number");
    is_int(import_int(&p, "none", 100, false), INT64_MIN, "an absent number");
    ok(import_bool(&p, "yes", false) && import_bool(&p, "none", true) && !import_bool(&p, "gone", false), "truth and its defaults");
    is_int(import_time(&p, "at"), 1774051200, "a time");
    is_int(import_time(&p, "gone"), INT64_MIN, "an absent time");
    struct words w = import_words(&p, "title", true);
    is_str(w.fa, "الف", "a text in two languages");
    is_str(w.en, "الف", "where one stands in for the other");
    is_str(import_words(&p, "short", true).fa, "ب", "a text alone is Persian");
    is_str(faults(), "", "no faults so far");
}

static void places(void)
{
    struct place p = file("{\"products\": [{\"variants\": [{\"price\": -1}, 7]}], \"coupons\": {}, \"title\": {\"en\": \"x\"}}");
    is_int((int64_t)import_count(&p, "products"), 1, "items are counted");
    struct place product = import_item(&p, "products", 0);
    struct place variant = import_item(&product, "variants", 0);
    import_int(&variant, "price", 10, true);
    import_text(&variant, "sku", true);
    is_str(faults(), "/products/0/variants/0/price too_small, /products/0/variants/0/sku required", "faults name their place");
    err = (struct errinfo){ 0 };
    struct place odd = import_item(&product, "variants", 1);
    import_text(&odd, "sku", true);
    is_str(faults(), "/products/0/variants/1 type", "what is no object is told once");
    err = (struct errinfo){ 0 };
    is_int((int64_t)import_count(&p, "coupons"), 0, "an object is no list");
    import_words(&p, "title", true);
    import_int(&p, "title", 10, false);
    is_str(faults(), "/coupons type, /title/fa required, /title type", "kinds are checked");
}

static void options(void)
{
    struct place p = file("{\"options\": [{\"name\": \"رنگ\", \"value\": {\"fa\": \"آبی\", \"en\": \"Blue\"}}], \"bad\": [{\"name\": 1}]}");
    is_str(import_options(&p, "options"), "[{\"name\":{\"fa\":\"رنگ\",\"en\":\"رنگ\"},\"value\":{\"fa\":\"آبی\",\"en\":\"Blue\"}}]",
           "options are stored in both languages");
    is_str(import_options(&p, "gone"), "[]", "no options are an empty list");
    is_str(faults(), "", "all of that is right");
    import_options(&p, "bad");
    is_str(faults(), "/bad/0/name type, /bad/0/value required", "options that are not");
}

int main(void)
{
    op = (struct op){ .arena = arena_create("test"), .err = &err, .client = "" };
    values();
    places();
    options();
    arena_destroy(op.arena);
    return done();
}
