/* Keys of limits: one client of an address, one cart, one person. */
#include "auth/rate.h"

#include "auth/fixture.h"
#include "tap.h"

static const char *address(struct op *op, const char *client)
{
    op->client = client;
    return rate_address(op);
}

int main(void)
{
    struct op op = fixture_op(&fixture_conf);
    is_str(address(&op, "192.0.2.1"), "addr:192.0.2.1", "an IPv4 address");
    is_str(address(&op, "2001:db8:1:2:3:4:5:6"), "addr:2001:db8:1:2::/64", "an IPv6 address by its /64");
    is_str(address(&op, "2001:db8:1:2:ffff::1"), "addr:2001:db8:1:2::/64", "another one of the same /64");
    is_str(address(&op, "2001:db8:1:3::1"), "addr:2001:db8:1:3::/64", "another /64");
    is_str(address(&op, "::ffff:192.0.2.1"), "addr:192.0.2.1", "IPv4 written as IPv6");
    is_str(address(&op, NULL), "addr:", "none");
    is_str(rate_cart(&op, 12), "cart:12", "a cart");
    op.actor = (struct actor){ ACTOR_CUSTOMER, 5, "customer" };
    is_str(rate_principal(&op), "customer:5", "a customer");
    op.actor = (struct actor){ ACTOR_STAFF, 5, "sara" };
    is_str(rate_principal(&op), "staff:5", "staff");
    op.actor = (struct actor){ ACTOR_NOBODY, 0, NULL };
    is_str(address(&op, "192.0.2.9") ? rate_principal(&op) : NULL, "addr:192.0.2.9", "nobody is an address");
    arena_destroy(op.arena);
    return done();
}
