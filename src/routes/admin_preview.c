/* Staff: "what would this cart pay", and the same page as the order taken by phone. Everything typed so
 * far is in the address of the page, so it works without scripts and nothing is lost by going back. */
#include "routes/handlers.h"

#include <string.h>

#include "auth/address.h"
#include "auth/policy.h"
#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/preview.h"
#include "shop/stock.h"

#define LINES_MAX 60
#define FOUND_MAX 12

struct preview_query {
    const struct preview_line *items;
    size_t item_count;
    const char *phone, *name, *shipping_method, *payment_method, *coupon, *note, *tax_class, *province, *q;
    const struct address_change *address;
    int64_t rate_bp, add;
    int use_wallet, inactive, gift;
};

static const struct field line_fields[] = {
    FIELD(F_INT, preview_line, variant_id, .min = 1, .max = INT64_MAX, .flags = F_REQUIRED),
    FIELD(F_INT, preview_line, quantity, .max = 1000, .flags = F_REQUIRED, .doc = "0: none of it any more"),
};
static const struct schema line_in = SCHEMA(preview_line, line_fields);

static const struct field preview_fields[] = {
    FIELD(F_ARRAY, preview_query, items, .sub = &line_in, .max = LINES_MAX, .count_offset = offsetof(struct preview_query, item_count),
          .doc = "items.0.variant_id, items.0.quantity …; none: the cart of the customer with this phone"),
    FIELD(F_PHONE, preview_query, phone),
    FIELD(F_TEXT, preview_query, name, .max = 100),
    FIELD(F_OBJECT, preview_query, address, .sub = &address_change_schema, .doc = "address.province and address.city are enough"),
    FIELD(F_TEXT, preview_query, shipping_method, .max = 40),
    FIELD(F_ENUM, preview_query, payment_method, .choices = " gateway wallet card_to_card cod "),
    FIELD(F_CODE, preview_query, coupon, .max = 64),
    FIELD(F_LONGTEXT, preview_query, note, .max = 500),
    FIELD(F_BOOL, preview_query, gift),
    FIELD(F_BOOL, preview_query, use_wallet),
    FIELD(F_INT, preview_query, rate_bp, .max = 10000, .doc = "a rate of tax to be tried, in basis points"),
    FIELD(F_TEXT, preview_query, tax_class, .max = 40, .doc = "of that rate; absent: standard"),
    FIELD(F_ENUM, preview_query, province, .choices = ADDRESS_PROVINCES, .doc = "of that rate; absent: everywhere"),
    FIELD(F_BOOL, preview_query, inactive, .doc = "true: with ways of sending that are switched off"),
    FIELD(F_TEXT, preview_query, q, .max = 100, .doc = "products to choose from"),
    FIELD(F_INT, preview_query, add, .min = 1, .max = INT64_MAX, .doc = "a variant to be put in"),
};
const struct schema preview_query = SCHEMA(preview_query, preview_fields);

/* The lines that are left: what was added is in, what became none is out. */
static struct preview_line *lines_of(struct request *req, const struct preview_query *q, size_t *n)
{
    struct preview_line *lines = arena_array(req->op.arena, struct preview_line, q->item_count + 1);
    bool found = q->add == INT_ABSENT;
    *n = 0;
    for (size_t i = 0; i < q->item_count; i++) {
        struct preview_line l = q->items[i];
        if (l.variant_id == q->add && !found) {
            l.quantity++;
            found = true;
        }
        if (l.quantity > 0)
            lines[(*n)++] = l;
    }
    if (!found)
        lines[(*n)++] = (struct preview_line){ q->add, 1 };
    return lines;
}

static const struct address no_address;

static const struct address *address_of(const struct preview_query *q)
{
    return q->address ? &q->address->address : &no_address;
}

/* What was typed, for the fields of the page. */
static void show_form(const struct preview_query *q, struct view *form)
{
    view_text(form, "phone", q->phone);
    view_text(form, "name", q->name);
    view_text(form, "coupon", q->coupon);
    view_text(form, "note", q->note);
    view_text(form, "shipping_method", q->shipping_method);
    view_text(form, "tax_class", q->tax_class);
    view_text(form, "province", q->province);
    view_bool(form, "gift", q->gift == 1);
    view_bool(form, "inactive", q->inactive == 1);
    if (q->rate_bp != INT_ABSENT)
        view_int(form, "rate_bp", q->rate_bp);
    address_view(address_of(q), view_object(form, "address"));
}

/* The lines with their place in the form: as the quote has them, or as they were typed. */
static void show_lines(struct view *into, struct view *quote, const struct preview_line *typed, size_t n)
{
    struct view *lines = quote ? view_get(quote, "lines") : view_array(into, "kept");
    for (size_t i = 0; !quote && i < n; i++) {
        struct view *l = view_append(lines);
        view_int(l, "variant_id", typed[i].variant_id);
        view_int(l, "quantity", typed[i].quantity);
    }
    for (size_t i = 0; i < view_count(lines); i++)
        view_int(view_at(lines, i), "index", (int64_t)i);
    if (quote)
        view_attach(into, "quote", quote);
}

static enum err show_page(struct request *req, const struct preview_query *q, struct view *quote, const struct preview_line *lines, size_t n)
{
    struct op *op = &req->op;
    struct view *out = req->reply.view;
    struct rows r;
    int64_t next;
    show_lines(out, quote, lines, n);
    show_form(q, view_object(out, "form"));
    TRY(db_query(op, &r, Q_PROVINCES, P_TEXT(lang_code(op->lang))));
    view_json(out, "provinces", row_text(&r, 0, "items"));
    if (!q->q)
        return ERR_OK;
    struct view *found = view_object(out, "search");
    return stock_list(op, q->q, false, FOUND_MAX, INT64_MIN, found, &next);
}

enum err admin_preview_get(struct request *req)
{
    const struct preview_query *q = req->params;
    struct op *op = &req->op;
    struct view *quote = view_new(op->arena);
    size_t n;
    const struct preview_line *lines = lines_of(req, q, &n);
    bool owner = req->principal.permissions & PERM_OWNER, page = req->accept == ACCEPT_HTML;
    struct preview_in in = { .lines = lines, .n = n, .phone = q->phone, .province = address_of(q)->province,
        .shipping_method = q->shipping_method, .payment_method = q->payment_method, .coupon = q->coupon,
        .use_wallet = q->use_wallet == 1, .tax_class = q->tax_class, .tax_province = q->province,
        .rate_bp = owner ? q->rate_bp : INT_ABSENT, .inactive = owner && q->inactive == 1 };
    if (n > LINES_MAX)
        return err_set(op, ERR_CART_FULL, NULL);
    if (n == 0 && !q->phone && page)
        return show_page(req, q, NULL, lines, n);
    enum err e = preview_quote(op, &in, quote);
    if (!page) {
        req->reply.view = quote;
        return e;
    }
    if (e) { /* told beside what was typed */
        view_text(req->reply.view, "wrong", err_title(e, op->lang));
        err_clear(op);
        req->errinfo.fields = NULL;
    }
    return show_page(req, q, e ? NULL : quote, lines, n);
}
