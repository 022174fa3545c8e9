/* The owner's settings, read from the database with the work that needs them. Any process. */
#ifndef SHOP_SETTINGS_H
#define SHOP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct queued;
struct view;

struct settings {
#define SETTING_MEMBER_TEXT(key) const char *key;
#define SETTING_MEMBER_PROVINCE(key) const char *key;
#define SETTING_MEMBER_PHONE(key) const char *key;
#define SETTING_MEMBER_INT(key) int64_t key;
#define SETTING_MEMBER_BOOL(key) bool key;
#define SETTING(key, type, dflt, min, max, doc) SETTING_MEMBER_##type(key)
#include "shop/settings.def"
#undef SETTING
};

/* Queues the reading; settings_read takes its answer after the trip. */
struct queued *settings_queue(struct op *op);
void settings_read(struct op *op, const struct queued *q, struct settings *out);
enum err settings_load(struct op *op, struct settings *out) MUST_CHECK;
/* Checks and stores the members of an object; unknown keys and wrong values are field errors. */
enum err settings_store(struct op *op, const struct view *values) MUST_CHECK;
/* The seller's legal data as it is frozen into an order. */
struct view *settings_seller(struct op *op, const struct settings *s);

#endif
