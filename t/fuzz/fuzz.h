/* What the fuzz targets share: an arena that is fresh for every input and a piece of work around it.
 * A target is one file: LLVMFuzzerTestOneInput feeds the bytes to a parser of strangers' input and
 * checks what must hold of its answer. Its corpus is in corpus/NAME/. Built and run by scripts/fuzz. */
#ifndef T_FUZZ_FUZZ_H
#define T_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/err.h"
#include "core/op.h"
#include "core/str.h"
#include "core/view.h"

static struct arena *arena;
static struct errinfo errinfo;
static struct op op;

static const struct conf fuzz_conf = {
    .shop_base_url = "https://shop.example",
    .secret_key = "0123456789abcdef0123456789abcdef",
    .secret_previous_key = "",
};

static inline void fresh(void)
{
    if (!arena)
        arena = arena_create("fuzz");
    arena_reset(arena);
    errinfo = (struct errinfo){ 0 };
    op = (struct op){ .arena = arena, .err = &errinfo, .lang = LANG_EN, .request_id = "fuzz", .client = "127.0.0.1",
                      .conf = &fuzz_conf };
}

/* The bytes as text that ends with NUL. */
static inline const char *text_of(const uint8_t *data, size_t size)
{
    return arena_strndup(arena, (const char *)data, size);
}

#define MUST(cond)       \
    do {                 \
        if (!(cond))     \
            abort();     \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
