/* Policies: who passes which, over the whole table. */
#include "auth/policy.h"

#include "auth/fixture.h"
#include "tap.h"

int main(void)
{
    struct op op = fixture_op(&fixture_conf);
    for (enum policy p = 0; p < POLICY_COUNT; p++) {
        bool open = p == POLICY_PUBLIC || p == POLICY_GUEST || p == POLICY_PROVIDER || p == POLICY_OPS;
        bool customer = p == POLICY_CUSTOMER;
        is_int(policy_check(&op, p, ACTOR_NOBODY, 0), open ? ERR_OK : ERR_UNAUTHENTICATED, policy_name(p));
        is_int(policy_check(&op, p, ACTOR_CUSTOMER, ~UINT64_C(0)), open || customer ? ERR_OK : ERR_FORBIDDEN,
               "a customer, whatever permissions were claimed");
        is_int(policy_check(&op, p, ACTOR_STAFF, 0), open || p == POLICY_STAFF ? ERR_OK : ERR_FORBIDDEN,
               "staff without any permission");
        is_int(policy_check(&op, p, ACTOR_STAFF, role_permissions("owner")), customer ? ERR_FORBIDDEN : ERR_OK,
               "an owner");
    }
    is_int(policy_check(&op, POLICY_MONEY, ACTOR_STAFF, role_permissions("support")), ERR_FORBIDDEN, "support and money");
    is_int(policy_check(&op, POLICY_MONEY, ACTOR_STAFF, role_permissions("finance")), ERR_OK, "finance and money");
    is_int(policy_check(&op, POLICY_STOCK, ACTOR_STAFF, role_permissions("finance")), ERR_FORBIDDEN, "finance and stock");
    is_int(policy_check(&op, POLICY_STOCK, ACTOR_STAFF, role_permissions("catalogue")), ERR_OK, "catalogue and stock");
    is_int(policy_check(&op, (enum policy)POLICY_COUNT, ACTOR_STAFF, ~UINT64_C(0)), ERR_FORBIDDEN, "an unknown policy is closed");
    is_int((int64_t)role_permissions("boss"), 0, "an unknown role may nothing");
    is_int((int64_t)role_permissions(NULL), 0, "no role may nothing");
    is_int((int64_t)permission_parse("money"), PERM_MONEY, "permissions by name");
    is_int((int64_t)permission_parse("everything"), 0, "unknown permission");
    arena_destroy(op.arena);
    return done();
}
