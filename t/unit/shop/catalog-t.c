/* What a search asks the database for. */
#include "shop/catalog.h"

#include "core/arena.h"
#include "core/op.h"
#include "core/str.h"
#include "tap.h"

static struct op op;

static const char *joined(const char *q)
{
    const char *const *words;
    size_t n = catalog_words(&op, q, &words);
    struct buf b;
    if (n == 0)
        return words ? "words without a count" : NULL;
    buf_init(&b, op.arena, 64);
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s%s", i ? " " : "", words[i]);
    return buf_text(&b);
}

int main(void)
{
    struct errinfo err = { 0 };
    op = (struct op){ .arena = arena_create("test"), .err = &err, .client = "" };
    is_str(joined(NULL), NULL, "no search, no words");
    is_str(joined(" \t\u200c "), NULL, "white space is no word");
    is_str(joined("Saffron"), "%saffron%", "a word in its folded form");
    is_str(joined("چاي   سبز"), "%چای% %سبز%", "each word on its own, Arabic letters as Persian ones");
    is_str(joined("شست\u200cوشو"), "%شستوشو%", "a word with a joiner is one word");
    is_str(joined("مدل ۱۲"), "%مدل% %12%", "digits of any script");
    is_str(joined("100%"), "%100\\%%", "a percent sign is itself");
    is_str(joined("a_b"), "%a\\_b%", "so is an underscore");
    is_str(joined("a\\b"), "%a\\\\b%", "and a backslash");
    char many[401];
    for (int i = 0; i < 400; i++)
        many[i] = i % 2 ? ' ' : 'x';
    many[400] = '\0';
    const char *const *words;
    is_int((int64_t)catalog_words(&op, many, &words), 50, "very many words are cut off");
    arena_destroy(op.arena);
    return done();
}
