/* Why the figures of a quote are what they are: a list of {code, params, text, amount}, the texts in
 * the language of the work. Any process. */
#ifndef SHOP_EXPLAIN_H
#define SHOP_EXPLAIN_H

struct checkout;
struct op;
struct view;

/* Of everything in a quote. */
void explain_quote(struct op *op, const struct checkout *c, struct view *list);
/* Of the coupon alone: what a cart tells. */
void explain_coupon(struct op *op, const struct checkout *c, struct view *list);

#endif
