/* Configuration of a deployment, read once at start and constant afterwards (process lifetime).
 * `conf.def` is the table: one row a key, giving the struct member, the environment name, type,
 * bounds, default and documentation. Sources, later wins: default, file, TARAZU_* variable,
 * TARAZU_*_FILE (secrets). What the shop's owner may change at run time is in the settings table of
 * the database, not here. */
#ifndef CORE_CONF_H
#define CORE_CONF_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

enum conf_type { CONF_TEXT, CONF_INT, CONF_BOOL };

struct conf {
#define CONF_MEMBER_TEXT(member) const char *member;
#define CONF_MEMBER_INT(member) int64_t member;
#define CONF_MEMBER_BOOL(member) bool member;
#define CONFIG(key, member, type, min, max, dflt, secret, doc) CONF_MEMBER_##type(member)
#include "core/conf.def"
#undef CONFIG
    const char *path; /* the file it was read from, for messages and HUP */
};

/* Reads and checks everything; NULL with *error naming key, value and what would be right. */
const struct conf *conf_load(struct arena *a, const char *path, const char **error);
/* `tarazu conf`: prints key = value (secrets as "***") and the doc lines, ready to edit. */
void conf_print(const struct conf *conf);
void conf_print_markdown(void); /* docs/configuration.md is checked against it */

#endif
