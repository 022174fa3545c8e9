/* What the tests of http/ share: an arena, a piece of work and requests made of parameters. */
#ifndef T_UNIT_HTTP_FIXTURE_H
#define T_UNIT_HTTP_FIXTURE_H

#include "core/arena.h"
#include "core/err.h"
#include "core/op.h"
#include "core/view.h"
#include "tap.h"

static struct arena *arena;
static struct errinfo errinfo;
static struct op op;

/* Everything anew: nothing of one test reaches the next. */
__attribute__((unused)) static void fresh(void)
{
    if (arena)
        arena_reset(arena);
    else
        arena = arena_create("test");
    errinfo = (struct errinfo){ 0 };
    op = (struct op){ .arena = arena, .err = &errinfo, .lang = LANG_EN, .request_id = "test-1",
                      .client = "127.0.0.1" };
}

/* "/a required; /b too_long": the field errors in order. */
__attribute__((unused)) static const char *faults(const struct errinfo *info)
{
    struct buf b;
    buf_init(&b, arena, 0);
    for (const struct field_error *f = info->fields; f; f = f->next)
        buf_printf(&b, "%s%s %s", b.n > 0 ? "; " : "", f->pointer, f->code);
    return buf_text(&b);
}

#endif
