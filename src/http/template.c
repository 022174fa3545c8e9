/* The set of templates of a process: loading folders, texts and static names; looking one up. */
#include "http/template.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/arena.h"
#include "core/crypto.h"
#include "core/view.h"
#include "http/template_code.h"

#define FILE_MAX ((size_t)16 << 20)
#define HASH_HEX 12

/* Called for each regular file below the folder with its path and its name relative to the root. */
typedef bool on_file(void *state, const char *path, const char *name, const char **error);

static bool read_file(struct arena *a, const char *path, struct str *out, const char **error)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size > FILE_MAX) {
        *error = arena_printf(a, "%s: %s", path, f ? "not a readable file" : strerror(errno));
        if (f)
            fclose(f);
        return false;
    }
    size_t size = (size_t)st.st_size;
    char *p = arena_alloc(a, size + 1);
    size_t n = fread(p, 1, size, f);
    bool good = n == size && !ferror(f);
    fclose(f);
    if (!good)
        *error = arena_printf(a, "%s: cannot be read", path);
    *out = (struct str){ p, n };
    return good;
}

static bool walk(struct arena *a, const char *dir, const char *prefix, on_file *fn, void *state,
                 const char **error)
{
    DIR *d = opendir(dir);
    if (!d) {
        *error = arena_printf(a, "%s: %s", dir, strerror(errno));
        return false;
    }
    bool good = true;
    for (struct dirent *e; good && (e = readdir(d));) {
        struct stat st;
        if (e->d_name[0] == '.')
            continue;
        const char *path = arena_printf(a, "%s/%s", dir, e->d_name);
        const char *name = arena_printf(a, "%s%s", prefix, e->d_name);
        if (stat(path, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            good = walk(a, path, arena_printf(a, "%s/", name), fn, state, error);
        else if (S_ISREG(st.st_mode))
            good = fn(state, path, name, error);
    }
    closedir(d);
    return good;
}

struct loading {
    struct arena *a;
    struct templates *t;
    size_t cap;
};

static bool load_one(void *state, const char *path, const char *name, const char **error)
{
    struct loading *l = state;
    struct str source, key = str_of(name);
    if (!str_ends(key, ".mustache"))
        return true;
    key.n -= strlen(".mustache");
    if (!read_file(l->a, path, &source, error))
        return false;
    struct template *tpl = template_compile(l->a, path, source, error);
    if (!tpl)
        return false;
    tpl->name = str_dup(l->a, key);
    if (l->t->count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        struct template **bigger = arena_array(l->a, struct template *, l->cap);
        if (l->t->count)
            memcpy(bigger, l->t->list, l->t->count * sizeof(*bigger));
        l->t->list = bigger;
    }
    l->t->list[l->t->count++] = tpl;
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct template *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

struct templates *templates_load(struct arena *a, const char *dir, const char **error)
{
    struct templates *t = arena_new(a, struct templates);
    struct loading l = { .a = a, .t = t };
    *error = NULL;
    if (dir && !walk(a, dir, "", load_one, &l, error))
        return NULL;
    if (t->count)
        qsort(t->list, t->count, sizeof(*t->list), by_name);
    return t;
}

static int name_against(const void *name, const void *entry)
{
    return strcmp(name, (*(const struct template *const *)entry)->name);
}

const struct template *templates_find(const struct templates *t, const char *name)
{
    struct template *const *hit =
        t->count ? bsearch(name, t->list, t->count, sizeof(*t->list), name_against) : NULL;
    return hit ? *hit : NULL;
}

bool templates_texts(struct templates *t, struct arena *a, const char *dir, const char **error)
{
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        struct str json;
        const char *reason = NULL;
        const char *path = arena_printf(a, "%s/%s.json", dir, lang_code((enum lang)lang));
        if (!read_file(a, path, &json, error))
            return false;
        struct view *texts = view_parse(a, json, 8, &reason);
        if (view_kind(texts) != VIEW_OBJECT) {
            *error = arena_printf(a, "%s: %s", path, reason ? reason : "not an object");
            return false;
        }
        t->texts[lang] = view_new(a);
        view_attach(t->texts[lang], "t", texts);
    }
    return true;
}

const char *templates_text(const struct templates *t, struct arena *a, enum lang lang,
                           const char *key, const struct view *params)
{
    struct name name;
    if (!t->texts[lang] || !name_parse(a, str_of(arena_printf(a, "t.%s", key)), &name))
        return key;
    struct frame texts = { t->texts[lang], NULL };
    struct frame top = { (struct view *)params, &texts };
    struct view *text = name_lookup(&name, &texts, NULL);
    if (view_kind(text) != VIEW_TEXT)
        return key;
    return text_fill(t, a, lang, view_value_text(text), &top);
}

/* "fonts/x.woff2" with its content's hash: "/static/fonts/x.0123456789ab.woff2". */
static bool hash_one(void *state, const char *path, const char *name, const char **error)
{
    struct loading *l = state;
    struct arena_mark mark = arena_mark(l->a);
    struct str content;
    char hash[HASH_HEX + 1];
    if (!read_file(l->a, path, &content, error))
        return false;
    snprintf(hash, sizeof(hash), "%s", crypto_sha256_hex(l->a, content));
    arena_rewind(l->a, mark);
    if (l->t->asset_count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 32;
        struct asset *bigger = arena_array(l->a, struct asset, l->cap);
        if (l->t->asset_count)
            memcpy(bigger, l->t->assets, l->t->asset_count * sizeof(*bigger));
        l->t->assets = bigger;
    }
    const char *dot = strrchr(name, '.'), *slash = strrchr(name, '/');
    if (!dot || (slash && dot < slash))
        return true;
    l->t->assets[l->t->asset_count++] = (struct asset){
        .name = arena_strdup(l->a, name),
        .path = arena_printf(l->a, "/static/%.*s.%s%s", (int)(dot - name), name, hash, dot),
    };
    return true;
}

bool templates_assets(struct templates *t, struct arena *a, const char *dir, const char **error)
{
    struct loading l = { .a = a, .t = t };
    return walk(a, dir, "", hash_one, &l, error);
}
