/* Cursors of lists that go down by id: opaque to clients, bound to the list. Worker processes. */
#ifndef ROUTES_CURSOR_H
#define ROUTES_CURSOR_H

#include <stdint.h>

#include "core/err.h"

struct view;

int64_t cursor_limit(int64_t asked); /* absent: 24 */
/* The id to go on below; INT64_MIN: from the newest. A foreign cursor is ERR_CURSOR_INVALID. `list`
 * names the list with its filters. */
enum err cursor_read(struct op *op, const char *list, const char *cursor, int64_t *before) MUST_CHECK;
/* Sets "next"; `id` INT64_MIN: the end. */
void cursor_next(struct op *op, const char *list, int64_t id, struct view *into);

#endif
