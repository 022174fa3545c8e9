/* Cleaning and folding of text. */
#include "core/text.h"

#include <string.h>

#include "core/arena.h"
#include "core/lang.h"
#include "core/text_fold.h"
#include "core/utf8.h"

#define ZWNJ UINT32_C(0x200c)

/* Text on its way out. White space and joiners wait until something visible follows them, so that
 * runs collapse and the edges are trimmed; a joiner beside white space is nothing. */
struct flow {
    struct buf out;
    bool multiline, after_cr;
    unsigned newlines;
    bool space, joiner;
    uint32_t last; /* the code point that was written last, and where */
    size_t last_at;
};

/* Arabic letters followed by a combining mark that Unicode composes (NFC). */
static const struct {
    uint32_t base, mark, composed;
} compositions[] = {
    { 0x0627, 0x0653, 0x0622 }, { 0x0627, 0x0654, 0x0623 }, { 0x0627, 0x0655, 0x0625 },
    { 0x0648, 0x0654, 0x0624 }, { 0x06cc, 0x0654, 0x0626 }, { 0x06c1, 0x0654, 0x06c2 },
    { 0x06d2, 0x0654, 0x06d3 }, { 0x06d5, 0x0654, 0x06c0 },
};

static uint32_t compose(uint32_t base, uint32_t mark)
{
    for (size_t i = 0; i < sizeof(compositions) / sizeof(compositions[0]); i++)
        if (compositions[i].base == base && compositions[i].mark == mark)
            return compositions[i].composed;
    return 0;
}

static void flow_put(struct flow *f, uint32_t cp)
{
    bool touches = f->newlines == 0 && !f->space && !f->joiner;
    uint32_t composed = touches ? compose(f->last, cp) : 0;
    if (composed) {
        f->out.n = f->last_at;
        cp = composed;
    } else if (f->out.n > 0) {
        if (f->newlines > 0)
            for (unsigned i = 0; i < f->newlines; i++)
                buf_char(&f->out, '\n');
        else if (f->space)
            buf_char(&f->out, ' ');
        else if (f->joiner)
            utf8_add(&f->out, ZWNJ);
    }
    f->newlines = 0;
    f->space = f->joiner = false;
    f->last = cp;
    f->last_at = f->out.n;
    utf8_add(&f->out, cp);
}

/* One code point that has been folded; control characters end here. */
static void flow_add(struct flow *f, uint32_t cp)
{
    enum text_class is = text_class(cp);
    if (is == TEXT_NEWLINE && f->multiline)
        f->newlines++;
    else if (is == TEXT_SPACE || is == TEXT_NEWLINE)
        f->space = true;
    else if (is == TEXT_JOINER)
        f->joiner = true;
    else if (is != TEXT_CONTROL)
        flow_put(f, cp);
}

static void flow_text(struct flow *f, const char *text, void (*next)(struct flow *, uint32_t))
{
    struct str s = str_of(text);
    while (s.n > 0) {
        uint32_t cp;
        utf8_next(&s, &cp);
        next(f, cp);
    }
}

static void add_search(struct flow *f, uint32_t cp)
{
    cp = text_fold_lower(text_fold_width(text_fold_digit(cp)));
    const char *to = text_fold_search(cp);
    if (to)
        flow_text(f, to, flow_add);
    else
        flow_add(f, cp);
}

static void add_code(struct flow *f, uint32_t cp)
{
    enum text_class is = text_class(cp);
    if (is == TEXT_SPACE || is == TEXT_NEWLINE || is == TEXT_JOINER || cp == 0x200d)
        return;
    cp = text_fold_width(text_fold_digit(cp));
    flow_add(f, cp >= 'a' && cp <= 'z' ? cp - 0x20 : cp);
}

/* Words go out, all else only parts them. Search's marks (harakat, tatweel) do not part words. */
static void add_slug(struct flow *f, uint32_t cp)
{
    cp = text_fold_lower(text_fold_width(cp));
    const char *to = text_fold_search(cp);
    if (text_class(cp) != TEXT_WORD)
        f->space = true;
    else if (cp == 0x0621 || !to || to[0] != '\0')
        flow_put(f, cp);
}

/* "\r\n" is one line end. */
static void add_clean(struct flow *f, uint32_t cp)
{
    const char *to = text_fold_clean(cp);
    if (f->after_cr && cp == '\n')
        cp = '\0';
    f->after_cr = cp == '\r';
    if (to)
        flow_text(f, to, flow_add);
    else
        flow_add(f, cp);
}

static const char *run(struct arena *a, struct str s, bool multiline,
                       void (*next)(struct flow *, uint32_t))
{
    struct flow f = { .multiline = multiline };
    buf_init(&f.out, a, s.n + 1);
    while (s.n > 0) {
        uint32_t cp;
        utf8_next(&s, &cp);
        next(&f, cp);
    }
    return buf_text(&f.out);
}

/* Every fold is one of the stored form: what two of them have in common is said once. */
static const char *fold(struct arena *a, struct str s, void (*next)(struct flow *, uint32_t))
{
    return run(a, str_of(run(a, s, false, add_clean)), false, next);
}

bool text_valid_utf8(struct str s)
{
    while (s.n > 0) {
        uint32_t cp;
        if (!utf8_next(&s, &cp) || cp == 0)
            return false;
    }
    return true;
}

size_t text_length(struct str s)
{
    size_t n = 0;
    for (uint32_t cp; s.n > 0; n++)
        utf8_next(&s, &cp);
    return n;
}

const char *text_fold_digits(struct arena *a, struct str s)
{
    struct buf b;
    buf_init(&b, a, s.n + 1);
    while (s.n > 0) {
        const char *start = s.p;
        uint32_t cp;
        utf8_next(&s, &cp);
        uint32_t folded = text_fold_digit(cp);
        if (folded == cp)
            buf_add(&b, start, (size_t)(s.p - start));
        else
            buf_char(&b, (char)folded);
    }
    return buf_text(&b);
}

const char *text_clean(struct arena *a, struct str s, bool multiline)
{
    return run(a, s, multiline, add_clean);
}

const char *text_search_key(struct arena *a, struct str s)
{
    return fold(a, s, add_search);
}

const char *text_fold_code(struct arena *a, struct str s)
{
    return fold(a, s, add_code);
}

const char *text_slug(struct arena *a, struct str title)
{
    char *slug = arena_strdup(a, fold(a, title, add_slug));
    for (char *p = slug; *p; p++)
        if (*p == ' ')
            *p = '-';
    return slug;
}

const char *text_digits(struct arena *a, const char *s, int lang)
{
    if (lang != LANG_FA || !s)
        return arena_strdup(a, s);
    struct buf b;
    buf_init(&b, a, strlen(s) * 2 + 1);
    for (; *s; s++)
        if (*s >= '0' && *s <= '9')
            utf8_add(&b, UINT32_C(0x06f0) + (uint32_t)(*s - '0'));
        else
            buf_char(&b, *s);
    return buf_text(&b);
}
