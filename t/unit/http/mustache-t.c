/* Runs the published Mustache specification (t/mustache) against the template engine. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/view.h"
#include "http/template.h"
#include "tap.h"

static struct str slurp(struct arena *a, const char *path)
{
    struct buf b;
    char chunk[4096];
    size_t n;
    FILE *f = fopen(path, "rb");
    buf_init(&b, a, sizeof(chunk));
    while (f && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(&b, chunk, n);
    if (f)
        fclose(f);
    return (struct str){ buf_text(&b), b.n };
}

/* The case's partials as files, so that loading is tested on the way. */
static struct templates *load_partials(struct arena *a, const struct view *partials)
{
    char dir[] = "/tmp/mustache-XXXXXX";
    const char *error, *key;
    struct view *value;
    if (!mkdtemp(dir))
        return NULL;
    for (size_t i = 0; view_member(partials, i, &key, &value); i++) {
        FILE *f = fopen(arena_printf(a, "%s/%s.mustache", dir, key), "wb");
        if (!f)
            return NULL;
        fputs(view_value_text(value), f);
        fclose(f);
    }
    struct templates *t = templates_load(a, dir, &error);
    for (size_t i = 0; view_member(partials, i, &key, &value); i++)
        unlink(arena_printf(a, "%s/%s.mustache", dir, key));
    rmdir(dir);
    if (!t)
        printf("# %s\n", error);
    return t;
}

static void run_case(struct arena *a, const char *module, const struct view *test)
{
    const char *error, *name = arena_printf(a, "%s: %s", module, view_get_text(test, "name"));
    struct templates *partials = load_partials(a, view_get(test, "partials"));
    struct template *t =
        template_compile(a, "case", str_of(view_get_text(test, "template")), &error);
    if (!ok(partials && t, "%s compiles", name)) {
        printf("# %s\n", error);
        return;
    }
    struct str got = template_render(partials, t, a, view_get(test, "data"), LANG_FA);
    is_str(got.p, view_get_text(test, "expected"), name);
}

static void run_module(struct arena *a, const char *dir, const char *module)
{
    const char *error = NULL;
    struct view *spec = view_parse(a, slurp(a, arena_printf(a, "%s/%s.json", dir, module)), 32,
                                   &error);
    struct view *tests = view_get(spec, "tests");
    if (!ok(view_count(tests) > 10, "%s: the cases are there", module))
        printf("# %s\n", error ? error : "too few");
    for (size_t i = 0; i < view_count(tests); i++)
        run_case(a, module, view_at(tests, i));
}

int main(void)
{
    static const char *const modules[] = { "comments", "delimiters", "interpolation", "inverted",
                                           "partials", "sections", "newer" };
    const char *top = getenv("srcdir");
    struct arena *a = arena_create("mustache");
    const char *dir = arena_printf(a, "%s/t/mustache", top && *top ? top : ".");
    for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++)
        run_module(a, dir, modules[i]);
    arena_destroy(a);
    return done();
}
