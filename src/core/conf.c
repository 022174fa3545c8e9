/* Reading the deployment's configuration: table, file, environment, secret files. */
#include "core/conf.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/str.h"

#define FILE_MAX_BYTES ((size_t)64 * 1024)

struct setting {
    const char *key;
    size_t offset; /* of the member in struct conf */
    enum conf_type type;
    int64_t min, max;
    const char *dflt;
    bool secret;
    const char *doc;
};

/* The table gives numbers and booleans as bare words. */
#define DEFAULT_TEXT(value) value
#define DEFAULT_INT(value) #value
#define DEFAULT_BOOL(value) #value

static const struct setting settings[] = {
#define CONFIG(key, member, type, min, max, dflt, secret, doc) \
    { key, offsetof(struct conf, member), CONF_##type, min, max, DEFAULT_##type(dflt), secret, \
      doc },
#include "core/conf.def"
#undef CONFIG
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* Texts with a form of their own. */
static const struct {
    const char *key;
    const char *const words[5]; /* one of these; none: an address without a trailing slash */
} forms[] = {
    { "log.level", { "debug", "info", "warning", "error" } },
    { "sms.provider", { "kavenegar", "smsir" } },
    { "shop.base_url", { NULL } },
    { "zibal.base_url", { NULL } },
    { "zibal.platform_url", { NULL } },
    { "zarinpal.base_url", { NULL } },
    { "sms.base_url", { NULL } },
};

/* One load: where each value came from is kept for the messages. */
struct loading {
    struct arena *arena;
    struct conf *conf;
    const char *origin[SETTINGS];
    const char *error; /* the first one */
};

__attribute__((format(printf, 2, 3))) static bool fail(struct loading *ld, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    ld->error = arena_vprintf(ld->arena, fmt, ap);
    va_end(ap);
    return false;
}

static const char **text_member(struct conf *conf, const struct setting *s)
{
    return (const char **)(void *)((char *)conf + s->offset);
}

static bool set_bool(struct loading *ld, const struct setting *s, const char *value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = { { "true", true },   { "yes", true }, { "on", true },   { "1", true },
                  { "false", false }, { "no", false }, { "off", false }, { "0", false } };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(words[i].word, value) == 0) {
            *(bool *)((char *)ld->conf + s->offset) = words[i].value;
            return true;
        }
    return fail(ld, "%s (%s): \"%s\" is neither true nor false", s->key,
                ld->origin[s - settings], value);
}

static bool set_int(struct loading *ld, const struct setting *s, const char *value)
{
    int64_t number;
    if (!str_int(str_of(value), &number) || number < s->min || number > s->max)
        return fail(ld, "%s (%s): \"%s\" is not a whole number from %" PRId64 " to %" PRId64,
                    s->key, ld->origin[s - settings], value, s->min, s->max);
    *(int64_t *)(void *)((char *)ld->conf + s->offset) = number;
    return true;
}

static bool set_value(struct loading *ld, const struct setting *s, const char *value,
                      const char *origin)
{
    ld->origin[s - settings] = origin;
    if (s->type == CONF_INT)
        return set_int(ld, s, value);
    if (s->type == CONF_BOOL)
        return set_bool(ld, s, value);
    *text_member(ld->conf, s) = arena_strdup(ld->arena, value);
    return true;
}

static const struct setting *find(struct str key)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (str_is(key, settings[i].key))
            return &settings[i];
    return NULL;
}

/* The whole file; false with errno (EFBIG: longer than a configuration can be). */
static bool read_file(struct arena *a, const char *path, struct str *out)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    char *p = arena_alloc(a, FILE_MAX_BYTES);
    size_t n = fread(p, 1, FILE_MAX_BYTES, f);
    int error = ferror(f) ? EIO : n == FILE_MAX_BYTES ? EFBIG : 0;
    fclose(f);
    errno = error;
    *out = (struct str){ p, n };
    return error == 0;
}

static bool read_line(struct loading *ld, struct str line, int number)
{
    line = str_trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return true;
    const char *where = arena_printf(ld->arena, "%s line %d", ld->conf->path, number);
    if (!memchr(line.p, '=', line.n))
        return fail(ld, "%s: expected \"key = value\"", where);
    struct str value = line;
    struct str key = str_trim(str_cut(&value, '='));
    value = str_trim(value);
    const struct setting *s = find(key);
    if (!s)
        return fail(ld, "%s: unknown key \"" STR_FMT "\"", where, STR_ARG(key));
    if (ld->origin[s - settings])
        return fail(ld, "%s: %s is given twice (first in %s)", where, s->key,
                    ld->origin[s - settings]);
    if (memchr(value.p, '\0', value.n))
        return fail(ld, "%s: %s holds a NUL byte", where, s->key);
    return set_value(ld, s, str_dup(ld->arena, value), where);
}

static bool read_conf_file(struct loading *ld)
{
    struct str text;
    if (!ld->conf->path)
        return true;
    if (!read_file(ld->arena, ld->conf->path, &text))
        return fail(ld, "%s: %s", ld->conf->path, strerror(errno));
    for (int number = 1; text.n > 0; number++)
        if (!read_line(ld, str_cut(&text, '\n'), number))
            return false;
    return true;
}

static const char *env_name(struct arena *a, const char *key, const char *suffix)
{
    char *name = arena_printf(a, "TARAZU_%s%s", key, suffix);
    for (char *p = name; *p; p++)
        *p = *p == '.' ? '_' : (char)toupper((unsigned char)*p);
    return name;
}

/* A secret in a file of its own, as orchestrators mount them; line ends behind it do not count. */
static bool read_secret(struct loading *ld, const struct setting *s)
{
    const char *name = env_name(ld->arena, s->key, "_FILE");
    const char *path = getenv(name);
    struct str text;
    if (!path || path[0] == '\0')
        return true;
    if (!read_file(ld->arena, path, &text))
        return fail(ld, "%s (%s): %s: %s", s->key, name, path, strerror(errno));
    while (text.n > 0 && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
        text.n--;
    if (text.n > 0 && memchr(text.p, '\0', text.n))
        return fail(ld, "%s (%s): %s holds a NUL byte", s->key, name, path);
    return set_value(ld, s, str_dup(ld->arena, text), name);
}

static bool read_environment(struct loading *ld)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *s = &settings[i];
        const char *name = env_name(ld->arena, s->key, "");
        const char *value = getenv(name);
        if (value && !set_value(ld, s, value, name))
            return false;
        if (s->secret && !read_secret(ld, s))
            return false;
    }
    return true;
}

static const char *origin_of(const struct loading *ld, const struct setting *s)
{
    return ld->origin[s - settings] ? ld->origin[s - settings] : "default";
}

static bool check_length(struct loading *ld, const struct setting *s)
{
    size_t n = strlen(*text_member(ld->conf, s));
    if (n >= (size_t)s->min && n <= (size_t)s->max)
        return true;
    if (n == 0)
        return fail(ld, "%s is required: set it in the file or as %s", s->key,
                    env_name(ld->arena, s->key, ""));
    return fail(ld,
                "%s (%s): \"%s\" has %zu bytes; it must have %" PRId64 " to %" PRId64, s->key,
                origin_of(ld, s), s->secret ? "***" : *text_member(ld->conf, s), n, s->min, s->max);
}

static bool check_form(struct loading *ld, const char *key, const char *const *words)
{
    const struct setting *s = find(str_of(key));
    const char *value = *text_member(ld->conf, s);
    if (!words[0]) {
        struct str url = str_of(value);
        if ((str_starts(url, "http://") || str_starts(url, "https://")) && !str_ends(url, "/"))
            return true;
        return fail(ld, "%s (%s): \"%s\" is not an http(s) address without a trailing slash", key,
                    origin_of(ld, s), value);
    }
    struct buf known;
    buf_init(&known, ld->arena, 64);
    for (; *words; words++) {
        if (strcmp(*words, value) == 0)
            return true;
        buf_printf(&known, "%s%s", known.n > 0 ? ", " : "", *words);
    }
    return fail(ld, "%s (%s): \"%s\" is none of %s", key, origin_of(ld, s), value,
                buf_text(&known));
}

static bool check(struct loading *ld)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (settings[i].type == CONF_TEXT && !check_length(ld, &settings[i]))
            return false;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (!check_form(ld, forms[i].key, forms[i].words))
            return false;
    return true;
}

static const char *shown(struct arena *a, const struct conf *conf, const struct setting *s)
{
    const char *at = (const char *)conf + s->offset;
    if (s->type == CONF_INT)
        return arena_printf(a, "%" PRId64, *(const int64_t *)(const void *)at);
    if (s->type == CONF_BOOL)
        return *(const bool *)at ? "true" : "false";
    const char *text = *(const char *const *)(const void *)at;
    return s->secret && text[0] != '\0' ? "***" : text;
}

const struct conf *conf_load(struct arena *a, const char *path, const char **error)
{
    struct loading ld = { .arena = a, .conf = arena_new(a, struct conf) };
    ld.conf->path = arena_strdup(a, path);
    for (size_t i = 0; i < SETTINGS; i++)
        set_value(&ld, &settings[i], settings[i].dflt, NULL);
    bool good = read_conf_file(&ld) && read_environment(&ld) && check(&ld);
    *error = ld.error;
    return good ? ld.conf : NULL;
}

void conf_print(const struct conf *conf)
{
    struct arena *a = arena_create("conf");
    for (size_t i = 0; i < SETTINGS; i++)
        printf("# %s\n%s = %s\n\n", settings[i].doc, settings[i].key,
               shown(a, conf, &settings[i]));
    arena_destroy(a);
}

void conf_print_markdown(void)
{
    static const char *const types[] = {
        [CONF_TEXT] = "text", [CONF_INT] = "number", [CONF_BOOL] = "true/false"
    };
    struct arena *a = arena_create("conf");
    puts("| key | environment | type | from | to | default | meaning |\n"
         "|---|---|---|---|---|---|---|");
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *s = &settings[i];
        const char *name = env_name(a, s->key, "");
        printf("| `%s` | `%s`%s | %s | %" PRId64 " | %" PRId64 " | %s%s%s | %s |\n", s->key, name,
               s->secret ? arena_printf(a, ", `%s_FILE`", name) : "", types[s->type], s->min,
               s->max, s->dflt[0] ? "`" : "", s->dflt, s->dflt[0] ? "`" : "", s->doc);
    }
    arena_destroy(a);
}
