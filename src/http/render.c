/* The command `tarazu render`. */
#include "http/render.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/view.h"
#include "http/template.h"

#ifndef PKGDATADIR
#define PKGDATADIR "/usr/local/share/tarazu"
#endif
#define DATA_DEPTH 256

static const char usage[] =
    "usage: tarazu render [--lang fa|en] TEMPLATE DATA.json [PARTIALS_DIR]\n"
    "  TEMPLATE      a Mustache file\n"
    "  DATA.json     its data; - reads standard input\n"
    "  PARTIALS_DIR  folder of NAME.mustache files for {{> NAME}}\n";

static int complain(const char *reason)
{
    fprintf(stderr, "tarazu render: %s\n", reason);
    return 1;
}

static bool read_all(struct arena *a, const char *path, struct str *out, const char **error)
{
    bool input = strcmp(path, "-") == 0;
    FILE *f = input ? stdin : fopen(path, "rb");
    struct stat st;
    struct buf b;
    char chunk[8192];
    size_t n;
    if (!f || fstat(fileno(f), &st) != 0 || S_ISDIR(st.st_mode)) {
        *error = arena_printf(a, "%s: %s", path, f ? "is a folder" : strerror(errno));
        if (f && !input)
            fclose(f);
        return false;
    }
    buf_init(&b, a, sizeof(chunk));
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_add(&b, chunk, n);
    bool good = !ferror(f);
    if (!good)
        *error = arena_printf(a, "%s: cannot be read", path);
    if (!input)
        fclose(f);
    *out = buf_slice(&b);
    return good;
}

static const char *folder(const char *configured, const char *variable, const char *installed)
{
    const char *env = getenv(variable);
    return configured && *configured ? configured : env && *env ? env : installed;
}

/* Texts and static names are welcome but not needed. */
static void add_surroundings(struct templates *t, struct arena *a, const struct conf *conf)
{
    const char *error;
    const char *texts = folder(conf ? conf->locale_dir : NULL, "TARAZU_LOCALE_DIR",
                               PKGDATADIR "/web/locale");
    const char *files = folder(conf ? conf->static_dir : NULL, "TARAZU_STATIC_DIR",
                               PKGDATADIR "/web/static");
    struct stat st;
    if (stat(texts, &st) == 0 && !templates_texts(t, a, texts, &error))
        fprintf(stderr, "tarazu render: without texts: %s\n", error);
    if (stat(files, &st) == 0 && !templates_assets(t, a, files, &error))
        fprintf(stderr, "tarazu render: without static names: %s\n", error);
}

static int render(struct arena *a, const struct conf *conf, const char *lang, char **files,
                  int count)
{
    const char *error = NULL;
    struct str source, json;
    struct templates *t = templates_load(a, count > 2 ? files[2] : NULL, &error);
    if (!t || !read_all(a, files[0], &source, &error) || !read_all(a, files[1], &json, &error))
        return complain(error);
    add_surroundings(t, a, conf);
    struct template *tpl = template_compile(a, files[0], source, &error);
    if (!tpl)
        return complain(error);
    struct view *data = view_parse(a, json, DATA_DEPTH, &error);
    if (error)
        return complain(arena_printf(a, "%s: %s", files[1], error));
    if (!lang)
        lang = view_get_text(view_get(data, "page"), "lang");
    struct str out = template_render(t, tpl, a, data, lang_parse(lang ? lang : "fa"));
    if (!out.p)
        return complain("partials are nested more than 64 deep");
    if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0)
        return complain(strerror(errno));
    return 0;
}

int render_main(const struct conf *conf, int argc, char **argv)
{
    const char *lang = NULL;
    int i = 1;
    if (i + 1 < argc && strcmp(argv[i], "--lang") == 0) {
        lang = argv[i + 1];
        i += 2;
    }
    if (i < argc && strcmp(argv[i], "--") == 0)
        i++;
    if (argc - i < 2 || argc - i > 3) {
        fputs(usage, stderr);
        return 2;
    }
    struct arena *a = arena_create("render");
    int status = render(a, conf, lang, argv + i, argc - i);
    arena_destroy(a);
    return status;
}
