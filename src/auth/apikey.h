/* API keys: machines that act for the shop. A key has a name, some of its maker's permissions and
 * perhaps an end; only its SHA-256 is kept. It acts as its maker, under the name "key:<name>", and
 * stops with the maker's account. Worker processes. */
#ifndef AUTH_APIKEY_H
#define AUTH_APIKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct session_found;
struct view;

bool apikey_is(const char *bearer); /* by its prefix */
enum err apikey_resolve(struct op *op, const char *bearer, struct session_found *out, bool *live)
    MUST_CHECK;
/* Makes a key of op->actor; *secret is shown once and kept nowhere. In a transaction. */
enum err apikey_add(struct op *op, const char *name, const char *const *permissions, size_t n,
                    int64_t days, int64_t *id, const char **secret) MUST_CHECK;
enum err apikey_revoke(struct op *op, int64_t id) MUST_CHECK;
enum err apikey_list(struct op *op, struct view *out) MUST_CHECK;

#endif
