/* Orders that staff take by phone, and the link that pays them. */
#include "routes/handlers.h"

#include "auth/audit.h"
#include "auth/customer.h"
#include "core/arena.h"
#include "core/conf.h"
#include "core/view.h"
#include "db/db.h"
#include "routes/fingerprint.h"
#include "routes/invoice_input.h"
#include "shop/order_phone.h"
#include "shop/payment.h"

#define MONEY_LIMIT INT64_C(1000000000000000)

static const struct field phone_line_fields[] = {
    FIELD(F_INT, phone_line, variant_id, .min = 1, .max = INT64_MAX, .flags = F_REQUIRED),
    FIELD(F_INT, phone_line, quantity, .min = 1, .max = 1000, .flags = F_REQUIRED),
};
static const struct schema phone_line_in = SCHEMA(phone_line, phone_line_fields);

struct phone_order_in {
    const char *phone, *name, *shipping_method, *coupon, *note;
    const struct phone_line *items;
    size_t item_count;
    const struct address_change *address; /* the way of sending says what of it is needed */
    struct invoice_to *invoice_to;
    int64_t expected_total;
    int gift;
};
static const struct field phone_order_fields[] = {
    FIELD(F_PHONE, phone_order_in, phone, .flags = F_REQUIRED),
    FIELD(F_TEXT, phone_order_in, name, .min = 1, .max = 100),
    FIELD(F_ARRAY, phone_order_in, items, .min = 1, .max = 60, .sub = &phone_line_in, .flags = F_REQUIRED,
          .count_offset = offsetof(struct phone_order_in, item_count)),
    FIELD(F_OBJECT, phone_order_in, address, .sub = &address_change_schema),
    FIELD(F_OBJECT, phone_order_in, invoice_to, .sub = &invoice_to_schema, .doc = "whom the official invoice is for"),
    FIELD(F_TEXT, phone_order_in, shipping_method, .max = 40, .flags = F_REQUIRED),
    FIELD(F_CODE, phone_order_in, coupon, .min = 1, .max = 64),
    FIELD(F_LONGTEXT, phone_order_in, note, .max = 500),
    FIELD(F_BOOL, phone_order_in, gift, .doc = "the packing slip shows no prices"),
    FIELD(F_INT, phone_order_in, expected_total, .min = 0, .max = MONEY_LIMIT,
          .doc = "what the customer was told: another total is 409 cart_changed with the quote; absent: the total now"),
};
const struct schema phone_order_in = SCHEMA(phone_order_in, phone_order_fields);

static enum err address_of(struct request *req, const struct phone_order_in *in, struct view **out)
{
    *out = NULL;
    if (!in->address)
        return ERR_OK;
    struct address a = in->address->address;
    TRY(address_check(&req->op, &a, "/address"));
    *out = view_new(req->op.arena);
    address_view(&a, *out);
    return ERR_OK;
}

enum err phone_order_post(struct request *req)
{
    const struct phone_order_in *in = req->input;
    struct op *op = &req->op;
    struct order_phone made;
    struct order_phone_in order = { .name = in->name, .lines = in->items, .n = in->item_count, .shipping_method = in->shipping_method,
        .coupon = in->coupon, .note = in->note, .fingerprint = request_fingerprint(req), .expected_total = in->expected_total,
        .gift = in->gift == 1 };
    struct view *address;
    struct rows r;
    const char *error = NULL;
    bool fresh;
    TRY(address_of(req, in, &address));
    if (invoice_to_asked(in->invoice_to))
        TRY(invoice_to_check(op, in->invoice_to, "/invoice_to"));
    TRY(invoice_input_party(req, in->invoice_to, 0, &order.invoice_to));
    order.address = address;
    TRY(customer_ensure(op, in->phone, &order.customer, &fresh));
    TRY(order_phone_place(op, &order, &made));
    audit_write(op, "order.phone", arena_printf(op->arena, "order:%s", made.number), NULL, req->tree);
    TRY(db_query(op, &r, Q_RESOURCE, P_TEXT("admin_order"), P_INT(made.id), P_TEXT(lang_code(op->lang))));
    req->reply.view = view_parse(op->arena, str_of(row_text(&r, 0, "body")), 32, &error);
    view_text(req->reply.view, "payment_link",
              made.token ? arena_printf(op->arena, "%s/pay/%s", op->conf->shop_base_url, made.token) : NULL);
    reply_created(req, arena_printf(op->arena, "/admin/orders/%s", made.number));
    return ERR_OK;
}

enum err pay_link_get(struct request *req)
{
    struct payment_link link;
    const char *error = NULL;
    TRY(payment_link_find(&req->op, req->vars[0], &link));
    req->reply.view = view_parse(req->op.arena, str_of(link.page), 16, &error);
    view_bool(req->reply.view, "payable", link.payable);
    view_text(req->reply.view, "token", req->vars[0]);
    return ERR_OK;
}

/* To the bank, as the order's own customer would go. */
enum err pay_link_post(struct request *req)
{
    struct payment_link link;
    struct payment_started started;
    TRY(payment_link_find(&req->op, req->vars[0], &link));
    TRY(payment_start(&req->op, link.number, link.customer, NULL, NULL, &started));
    view_text(req->reply.view, "payment_id", started.uuid);
    view_text(req->reply.view, "redirect_url", started.redirect_url);
    reply_created(req, req->accept == ACCEPT_HTML ? started.redirect_url : arena_printf(req->op.arena, "/pay/%s", req->vars[0]));
    return ERR_OK;
}
