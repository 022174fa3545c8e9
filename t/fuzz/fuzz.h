/* Ground of the fuzz targets: an arena that lives as long as one input, a deployment with known
 * secrets, and the input as text that ends with NUL. A target is a libFuzzer entry point; what it
 * must not do is crash, read or write outside, leak out of the arena, or break an assertion here. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise of the code under test. */
#define MUST(cond)   \
    do {             \
        if (!(cond)) \
            abort(); \
    } while (0)

static const struct conf fuzz_conf = {
    .shop_base_url = "https://shop.example",
    .secret_key = "0123456789abcdef0123456789abcdef",
    .secret_previous_key = "fedcba9876543210fedcba9876543210",
};

struct fuzz {
    struct errinfo err;
    struct op op;
    struct str bytes;
    const char *text; /* the bytes, ended by NUL */
};

__attribute__((unused)) static void fuzz_begin(struct fuzz *f, const uint8_t *data, size_t size)
{
    memset(f, 0, sizeof(*f));
    f->op = (struct op){ .arena = arena_create("fuzz"), .err = &f->err, .conf = &fuzz_conf, .client = "192.0.2.1",
                         .request_id = "fuzz" };
    f->text = arena_strndup(f->op.arena, (const char *)data, size);
    f->bytes = (struct str){ f->text, size };
}

__attribute__((unused)) static int fuzz_end(struct fuzz *f)
{
    arena_destroy(f->op.arena);
    return 0;
}

#endif
