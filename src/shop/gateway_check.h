/* The subcommand `gateway-check`: one real payment at the configured bank, by hand, outside the shop's
 * books: request, the page to pay on, then verify twice. Command line. */
#ifndef SHOP_GATEWAY_CHECK_H
#define SHOP_GATEWAY_CHECK_H

struct op;

/* op with network, without a database. 0: the bank answered as the shop expects; 1: it did not; 2: usage. */
int gateway_check_main(struct op *op, int argc, char **argv);

#endif
