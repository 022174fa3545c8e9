/* Who may use a route. `policy.def` is the table: policies of routes, permissions, and the roles of
 * staff made of them. Pure. Worker processes. */
#ifndef AUTH_POLICY_H
#define AUTH_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum policy {
#define POLICY(id, kind, permission) POLICY_##id,
#include "auth/policy.def"
#undef POLICY
    POLICY_COUNT
};

enum permission_index {
#define PERMISSION(id, name) PERM_INDEX_##id,
#include "auth/policy.def"
#undef PERMISSION
    PERM_INDEX_COUNT
};

enum permission {
    PERM_NONE = 0,
#define PERMISSION(id, name) PERM_##id = 1 << PERM_INDEX_##id,
#include "auth/policy.def"
#undef PERMISSION
};

/* Whether somebody of this kind with these permissions passes: ERR_UNAUTHENTICATED for nobody,
 * ERR_FORBIDDEN for the wrong kind or a missing permission. */
enum err policy_check(struct op *op, enum policy policy, enum actor_kind kind, uint64_t permissions)
    MUST_CHECK;
const char *policy_name(enum policy policy); /* "CUSTOMER"; for `tarazu routes` */

uint64_t role_permissions(const char *role);     /* 0 for an unknown role */
const char *role_name(size_t i);                 /* NULL past the end */
const char *permission_name(size_t i);           /* NULL past the end */
uint64_t permission_parse(const char *name);     /* 0: no such permission */

#endif
