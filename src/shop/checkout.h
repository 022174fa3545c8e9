/* From a cart to a quote: reads the facts, prices them, explains them. The same reading serves the
 * cart page, the quote and, under locks, the placement. Any process. */
#ifndef SHOP_CHECKOUT_H
#define SHOP_CHECKOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "shop/price.h"
#include "shop/settings.h"
#include "shop/shipping.h"

struct queued;
struct view;

struct checkout_in {
    int64_t cart;              /* 0: nothing in it yet */
    int64_t customer;          /* 0: a guest */
    const char *province;      /* NULL: not known yet */
    const char *shipping_method;
    const char *payment_method;
    bool use_wallet;
};

struct checkout_line {
    int64_t variant_id, quantity, price_seen, price, compare_at_price, weight_g, volume_cm3, product_id, available, tax_rate_bp;
    const char *sku, *goods_id, *options, *slug, *title_fa, *title_en, *image;
    bool returnable, sellable, coupon_applies;
};

struct checkout_coupon {
    int64_t id;   /* 0: the cart names no live coupon */
    int64_t lock; /* what is locked for it: the single-use code, else the coupon */
    const char *code, *kind;
    int64_t value, max_discount, min_subtotal, usage_limit, per_customer_limit, free_seq;
    bool in_window, has_room;
    bool usable;    /* may be taken now, by this customer */
    bool exhausted; /* in its window, but a limit is reached */
};

struct checkout_reads { /* statements on their way */
    struct queued *cart, *lines, *coupon, *shipping, *wallet, *settings;
};

struct checkout {
    struct checkout_in in;
    int64_t version;
    const char *coupon_code; /* as the cart names it; NULL: none */
    struct settings settings;
    struct checkout_line *lines;
    size_t n;
    struct checkout_coupon coupon;
    struct price_coupon price_coupon;
    struct shipping_method *methods;
    size_t method_count, unfit_count; /* those that the parcel does not fit stand behind the others */
    const struct shipping_method *method; /* the chosen one, NULL: none yet or not available */
    int64_t wallet_available;
    struct parcel parcel;
    struct price price;
};

void checkout_queue(struct op *op, const struct checkout_in *in, struct checkout_reads *reads);
/* After the trip: fills and prices. Unsellable lines stay in `lines` and are not priced away: the
 * caller refuses or shows them. */
void checkout_read(struct op *op, const struct checkout_in *in, const struct checkout_reads *reads,
                   struct checkout *out);
enum err checkout_load(struct op *op, const struct checkout_in *in, struct checkout *out) MUST_CHECK;
/* May what is due be paid this way ("gateway", "card_to_card", "cod")? Never when nothing is due. */
bool checkout_offers(const struct checkout *c, const char *method);
/* The quote as api.md shows it. */
void checkout_view(struct op *op, const struct checkout *c, struct view *into);
/* The cart as api.md shows it. */
void checkout_cart_view(struct op *op, const struct checkout *c, struct view *into);
/* Field errors out_of_stock for lines that cannot be had; the error is ERR_OUT_OF_STOCK then. */
enum err checkout_check_stock(struct op *op, const struct checkout *c) MUST_CHECK;

#endif
