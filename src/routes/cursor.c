/* Cursors. */
#include "routes/cursor.h"

#include "core/arena.h"
#include "core/crypto.h"
#include "core/str.h"
#include "core/view.h"

#define LIMIT_DEFAULT 24

int64_t cursor_limit(int64_t asked)
{
    return asked == INT64_MIN ? LIMIT_DEFAULT : asked;
}

/* The tag is no secret: it only keeps a cursor from being used with other filters by mistake. */
static const char *tag(struct op *op, const char *list)
{
    return arena_strndup(op->arena, crypto_sha256_hex(op->arena, str_of(list)), 8);
}

enum err cursor_read(struct op *op, const char *list, const char *cursor, int64_t *before)
{
    struct str text;
    *before = INT64_MIN;
    if (!cursor || !cursor[0])
        return ERR_OK;
    if (!crypto_base64url_decode(op->arena, str_of(cursor), &text))
        return err_set(op, ERR_CURSOR_INVALID, NULL);
    struct str head = str_cut(&text, '.');
    if (!str_is(head, tag(op, list)) || !str_int(text, before))
        return err_set(op, ERR_CURSOR_INVALID, NULL);
    return ERR_OK;
}

void cursor_next(struct op *op, const char *list, int64_t id, struct view *into)
{
    if (id == INT64_MIN) {
        view_null(into, "next");
        return;
    }
    const char *text = arena_printf(op->arena, "%s.%lld", tag(op, list), (long long)id);
    view_text(into, "next", crypto_base64url(op->arena, text, str_of(text).n));
}
