/* Who may use a route: the tables and the one check over them. */
#include "auth/policy.h"

#include <stdbool.h>
#include <string.h>

enum least { LEAST_ANYBODY, LEAST_CUSTOMER, LEAST_STAFF };

static const struct {
    const char *name;
    enum least least;
    uint64_t permission;
} policies[POLICY_COUNT] = {
#define POLICY(id, kind, permission) [POLICY_##id] = { #id, LEAST_##kind, PERM_##permission },
#include "auth/policy.def"
#undef POLICY
};

static const char *const permissions_named[PERM_INDEX_COUNT] = {
#define PERMISSION(id, name) [PERM_INDEX_##id] = name,
#include "auth/policy.def"
#undef PERMISSION
};

static const struct {
    const char *name;
    uint64_t permissions;
} roles[] = {
#define ROLE(name, permissions) { name, permissions },
#include "auth/policy.def"
#undef ROLE
};
#define ROLES (sizeof(roles) / sizeof(roles[0]))

static bool kind_fits(enum least least, enum actor_kind kind)
{
    switch (least) {
    case LEAST_ANYBODY: return true;
    case LEAST_CUSTOMER: return kind == ACTOR_CUSTOMER;
    case LEAST_STAFF: return kind == ACTOR_STAFF;
    }
    return false;
}

enum err policy_check(struct op *op, enum policy policy, enum actor_kind kind, uint64_t permissions)
{
    if (policy >= POLICY_COUNT)
        return err_internal(op, ERR_FORBIDDEN, "unknown policy %d", (int)policy);
    enum least least = policies[policy].least;
    if (least == LEAST_ANYBODY)
        return ERR_OK;
    if (kind == ACTOR_NOBODY)
        return err_set(op, ERR_UNAUTHENTICATED, NULL);
    uint64_t needed = policies[policy].permission;
    if (!kind_fits(least, kind) || (needed & permissions) != needed)
        return err_set(op, ERR_FORBIDDEN, NULL);
    return ERR_OK;
}

const char *policy_name(enum policy policy)
{
    return policy < POLICY_COUNT ? policies[policy].name : "?";
}

uint64_t role_permissions(const char *role)
{
    for (size_t i = 0; role && i < ROLES; i++)
        if (strcmp(roles[i].name, role) == 0)
            return roles[i].permissions;
    return 0;
}

const char *role_name(size_t i)
{
    return i < ROLES ? roles[i].name : NULL;
}

const char *permission_name(size_t i)
{
    return i < PERM_INDEX_COUNT ? permissions_named[i] : NULL;
}

uint64_t permission_parse(const char *name)
{
    for (size_t i = 0; name && i < PERM_INDEX_COUNT; i++)
        if (strcmp(permissions_named[i], name) == 0)
            return (uint64_t)1 << i;
    return 0;
}
