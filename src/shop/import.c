/* `tarazu import`: the file as a whole. */
#include "shop/import.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/view.h"
#include "db/lock.h"
#include "db/tx.h"
#include "shop/import_parts.h"

#define FILE_MAX ((size_t)64 << 20)
#define FILE_DEPTH 32

bool import_file(struct arena *a, const char *path, size_t most, struct str *out)
{
    char chunk[16384];
    size_t got;
    struct buf b;
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    buf_init(&b, a, sizeof(chunk));
    while (b.n <= most && (got = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(&b, chunk, got);
    bool good = !ferror(f) && b.n <= most;
    fclose(f);
    *out = buf_slice(&b);
    return good;
}

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_strndup(a, path, (size_t)(slash - path)) : ".";
}

/* In this order: a product names its category. */
static const struct {
    const char *list;
    enum err (*item)(struct import *in, const struct place *p, size_t i);
} parts[] = {
    { "categories", import_category }, { "products", import_product },
    { "coupons", import_coupon }, { "shipping_methods", import_method },
};

static enum err run(struct op *op, void *arg)
{
    struct import *in = arg;
    struct lock_set locks = { .n = 0 };
    in->done = (struct import_done){ 0 };
    lock_add_named(&locks, "import");
    lock_queue(op, &locks);
    for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
        for (size_t i = 0, n = import_count(&in->root, parts[k].list); i < n; i++) {
            struct place p = import_item(&in->root, parts[k].list, i);
            TRY(parts[k].item(in, &p, i));
        }
    return import_settings(in);
}

static int complain(const struct op *op, const char *path, enum err e)
{
    for (const struct field_error *f = op->err->fields; f; f = f->next)
        fprintf(stderr, "%s: %s: %s (%s)\n", path, f->pointer[0] ? f->pointer : "/", err_field_text(f->code, LANG_EN), f->code);
    if (!op->err->fields || op->err->internal)
        fprintf(stderr, "%s: %s\n", path, op->err->internal ? op->err->internal : err_title(e, LANG_EN));
    fprintf(stderr, "nothing was imported\n");
    return 1;
}

int import_main(struct op *op, int argc, char **argv)
{
    struct str text;
    const char *error = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: tarazu import FILE.json\n");
        return 2;
    }
    if (!import_file(op->arena, argv[1], FILE_MAX, &text)) {
        fprintf(stderr, "%s: cannot be read\n", argv[1]);
        return 1;
    }
    struct import in = { .root = { op, view_parse(op->arena, text, FILE_DEPTH, &error), "" },
                         .folder = folder_of(op->arena, argv[1]) };
    if (view_kind(in.root.at) != VIEW_OBJECT) {
        fprintf(stderr, "%s: %s\n", argv[1], error ? error : "not a JSON object");
        return 1;
    }
    enum err e = import_pictures(&in);
    if (!e)
        e = db_tx(op, run, &in);
    if (e)
        return complain(op, argv[1], e);
    printf("%d categories, %d products (%d new) with %d variants and %d pictures, %d coupons, %d shipping methods, "
           "%d settings\n", in.done.categories, in.done.products, in.done.new_products, in.done.variants,
           in.done.pictures, in.done.coupons, in.done.methods, in.done.settings);
    return 0;
}
