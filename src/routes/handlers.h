/* Every handler and input schema that routes.def names; schemas by the file that has them. Worker processes. */
#ifndef ROUTES_HANDLERS_H
#define ROUTES_HANDLERS_H

#include "http/request.h"
#include "http/schema.h"
#include "routes/address_input.h"
#include "routes/identity.h"

#define ROUTE(id, method, pattern, pool, policy, rate, input, query, flags, template, handler) route_handler handler;
#include "routes/routes.def"
#undef ROUTE

/* catalog.c */
extern const struct schema product_list_query;
/* cart.c */
extern const struct schema cart_add_in, cart_set_in, coupon_apply_in;
/* checkout.c */
extern const struct schema checkout_in, order_place_in;
/* A customer's form of the checkout was refused with `e`: what was typed is kept with the cart. What can
 * be put right there is shown again on the page (ERR_OK: answered); otherwise `e`. Outside transactions. */
enum err checkout_again(struct request *req, enum err e) MUST_CHECK;
/* order.c */
extern const struct schema list_query, order_cancel_in, refund_iban_in, wallet_query;
struct list_query {
    int64_t limit;
    const char *cursor;
};
/* document.c */
extern const struct schema document_query;
/* payment.c */
extern const struct schema payment_process_in, topup_in;
/* admin_catalog.c */
extern const struct schema words_in; /* {fa, en}, or the Persian text alone with F_BARE */
extern const struct schema admin_product_query, product_in, product_change_in, product_image_in, image_move_in;
extern const struct schema category_in, category_change_in;
/* review.c */
extern const struct schema review_in, stock_request_in, review_query, review_decide_in;
/* admin_order.c */
extern const struct schema admin_order_query, transition_in;
/* admin_coupon.c */
extern const struct schema coupon_in, coupon_change_in, coupon_query, coupon_codes_query;
/* admin_fulfil.c */
extern const struct schema shipment_post_in, shipment_change_in, receive_in, cancel_lines_in, order_note_in;
struct receive_in {
    const struct units_back *lines;
    size_t line_count;
};
/* returns.c */
extern const struct schema return_post_in, return_approve_in, return_refuse_in, return_refund_in, return_query;
/* holiday.c */
extern const struct schema holiday_in;
/* admin_preview.c */
extern const struct schema preview_query;
/* admin_shipping.c */
extern const struct schema shipping_method_in, shipping_change_in, shipping_zone_in;
/* admin_stock.c */
extern const struct schema stock_in, stock_query, stock_threshold_in;
/* admin_tax.c */
extern const struct schema tax_class_in, tax_class_change_in, tax_rate_in, tax_rate_change_in;
/* settings.c */
extern const struct schema settings_in;
/* phone_order.c */
extern const struct schema phone_order_in;
/* admin_money.c */
extern const struct schema settlement_post_in, settlement_query;
extern const struct schema refund_post_in, refund_done_in, refund_refuse_in, refund_word_in, refund_query, admin_payment_query;
/* receipt.c */
extern const struct schema receipt_in;
/* admin_payment.c */
extern const struct schema payment_reject_in;
/* admin_report.c */
extern const struct schema report_query;
/* ops.c */
extern const struct schema language_in;

#endif
