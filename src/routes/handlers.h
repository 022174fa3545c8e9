/* Every handler and input schema that routes.def names; one file an area. Worker processes. */
#ifndef ROUTES_HANDLERS_H
#define ROUTES_HANDLERS_H

#include "http/request.h"
#include "http/schema.h"
#include "routes/address_input.h"
#include "routes/identity.h"

/* catalog.c */
route_handler home_page, product_list_get, product_get, category_list_get, category_get;
extern const struct schema product_list_query;
/* cart.c */
route_handler cart_get, cart_add_post, cart_set_patch, cart_remove_delete, cart_save_post, cart_restore_post,
    cart_forget_delete, cart_seen_post, coupon_apply_post, coupon_drop_delete;
extern const struct schema cart_add_in, cart_set_in, coupon_apply_in;
/* checkout.c */
route_handler checkout_page, checkout_keep_post, quote_post, order_place_post;
extern const struct schema checkout_in, order_place_in;
/* A customer's form of the checkout was refused with `e`: what was typed is kept with the cart. What can
 * be put right there is shown again on the page (ERR_OK: answered); otherwise `e`. Outside transactions. */
enum err checkout_again(struct request *req, enum err e) MUST_CHECK;
/* order.c */
route_handler order_list_get, order_get, order_cancel_post, order_reorder_post, wallet_get;
extern const struct schema list_query, order_cancel_in, wallet_query;
struct list_query {
    int64_t limit;
    const char *cursor;
};
/* document.c */
route_handler order_invoice_get, order_credit_note_get, admin_invoice_get, admin_credit_note_get, admin_packing_slip_get;
extern const struct schema document_query;
/* payment.c */
route_handler payment_process_post, payment_get, payment_callback, payment_result_get, wallet_topup_post;
extern const struct schema payment_process_in, topup_in;
/* webhook.c */
route_handler payment_webhook_post, payment_zibal_post;
/* admin_catalog.c */
route_handler admin_category_list_get, admin_category_post, admin_category_patch;
route_handler admin_product_list_get, admin_product_new_get, admin_product_post, admin_product_get, admin_product_patch,
    admin_product_image_post, admin_product_image_patch, admin_product_image_delete;
extern const struct schema words_in; /* {fa, en}, or the Persian text alone with F_BARE */
extern const struct schema admin_product_query, product_in, product_change_in, product_image_in, image_move_in;
extern const struct schema category_in, category_change_in;
/* review.c */
route_handler review_list_get, review_post, stock_request_post, admin_review_list_get, admin_review_approve_post,
    admin_review_refuse_post;
extern const struct schema review_in, stock_request_in, review_query, review_decide_in;
/* admin_order.c */
route_handler admin_home_get, admin_order_list_get, admin_order_get, admin_transition_post;
extern const struct schema admin_order_query, transition_in;
/* admin_coupon.c */
route_handler admin_coupon_list_get, admin_coupon_post, admin_coupon_get, admin_coupon_patch, admin_coupon_delete,
    admin_coupon_codes_get;
extern const struct schema coupon_in, coupon_change_in, coupon_query, coupon_codes_query;
/* admin_fulfil.c */
route_handler admin_shipment_post, admin_shipment_patch, admin_shipment_receive_post, admin_cancel_lines_post, admin_address_patch,
    admin_note_post;
extern const struct schema shipment_post_in, shipment_change_in, receive_in, cancel_lines_in, order_note_in;
struct receive_in {
    const struct units_back *lines;
    size_t line_count;
};
/* returns.c */
route_handler return_post, admin_return_list_get, admin_return_approve_post, admin_return_refuse_post, admin_return_close_post,
    admin_return_receive_post, admin_return_refund_post, admin_return_photo_get, return_photo_get;
extern const struct schema return_post_in, return_approve_in, return_refuse_in, return_refund_in, return_query;
/* holiday.c */
route_handler admin_holiday_list_get, admin_holiday_post, admin_holiday_delete;
extern const struct schema holiday_in;
/* admin_preview.c */
route_handler admin_preview_get;
extern const struct schema preview_query;
/* admin_shipping.c */
route_handler admin_shipping_list_get, admin_shipping_get, admin_shipping_post, admin_shipping_patch, admin_zone_post,
    admin_zone_patch, admin_zone_delete;
extern const struct schema shipping_method_in, shipping_change_in, shipping_zone_in;
/* admin_stock.c */
route_handler admin_stock_list_get, admin_stock_get, admin_stock_patch, admin_stock_post;
extern const struct schema stock_in, stock_query, stock_threshold_in;
/* admin_tax.c */
route_handler admin_tax_get, admin_tax_class_post, admin_tax_class_patch, admin_tax_rate_post, admin_tax_rate_patch,
    admin_tax_rate_delete;
extern const struct schema tax_class_in, tax_class_change_in, tax_rate_in, tax_rate_change_in;
/* settings.c */
route_handler admin_settings_get, admin_settings_patch;
extern const struct schema settings_in;
/* phone_order.c */
route_handler phone_order_post, pay_link_get, pay_link_post;
extern const struct schema phone_order_in;
/* admin_money.c */
route_handler admin_refund_post, admin_refund_done_post, admin_refund_list_get, admin_refund_approve_post, admin_refund_refuse_post,
    admin_payment_list_get, admin_payment_check_post;
route_handler admin_settlement_list_get, admin_settlement_post, admin_settlement_get, admin_settlement_book_post, admin_settlement_delete;
extern const struct schema settlement_post_in, settlement_query;
extern const struct schema refund_post_in, refund_done_in, refund_refuse_in, refund_query, admin_payment_query;
/* receipt.c */
route_handler payment_receipt_post;
extern const struct schema receipt_in;
/* admin_payment.c */
route_handler admin_receipt_get, admin_payment_approve_post, admin_payment_reject_post, admin_webhook_list_get,
    admin_webhook_replay_post;
extern const struct schema payment_reject_in;
/* admin_report.c */
route_handler admin_report_ledger_get, admin_report_sales_get, admin_report_receivables_get;
extern const struct schema report_query;
/* ops.c */
route_handler admin_job_list_get, admin_job_retry_post, healthz_get, readyz_get,
    metrics_get, openapi_get, docs_page, docs_errors_page, language_post;
extern const struct schema language_in;

#endif
