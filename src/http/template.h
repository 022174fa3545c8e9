/* Mustache (the published specification, required modules), compiled once at start and rendered
 * from a view. Values are HTML-escaped unless {{{ }}} or &. Extensions inside a tag, plain lookups
 * when unused: filters `{{total|toman}}`, with an argument `{{status|t:order.status}}`, on a
 * literal `{{'app.css'|asset}}`; and questions `{{#status|is:paid,shipped}}…{{/status}}`, which add
 * nothing to the context. `images.0.url` reaches into lists.
 * Filters (each gets the value and the language): toman, rial, money, words (amount in words), date, datetime, short (date in figures),
 * ago, digits, phone, percent (basis points to «۱۰٪»), t (translate the value under the argument's
 * prefix), url (percent-encode), href (only addresses that a link may carry), json, lines (newlines
 * to <br>, escaped), asset (static name to hashed path), count.
 * Questions: is:a,b (the text is one
 * of), has:x (the list holds), same:name (equals that value), any (not empty, not zero), below:n.
 * Any process. */
#ifndef HTTP_TEMPLATE_H
#define HTTP_TEMPLATE_H

#include <stdbool.h>

#include "core/lang.h"
#include "core/str.h"

struct arena;
struct view;
struct template;
struct templates;

/* Compiles every *.mustache under dir (names without suffix, sub-folders with '/'); partials may
 * refer to each other in any order, and one that does not exist shows nothing. NULL with *error
 * "file:line: reason". dir NULL: an empty set. */
struct templates *templates_load(struct arena *a, const char *dir, const char **error);
/* Hashes every file of the static folder: the filter asset then gives "/static/app.<12 hex>.css",
 * a name that nginx serves for ever. Without it the filter gives "/static/app.css". */
bool templates_assets(struct templates *t, struct arena *a, const char *dir, const char **error);
/* The texts of both languages (locale/fa.json, en.json), used by the filter t and as {{t.key.sub}};
 * {name} and {name|filter} in a text are filled from the context. */
bool templates_texts(struct templates *t, struct arena *a, const char *dir, const char **error);
const struct template *templates_find(const struct templates *t, const char *name); /* NULL: none */
/* Text of a key ("cart.empty") with {name} placeholders filled from params; the key itself when
 * missing. */
const char *templates_text(const struct templates *t, struct arena *a, enum lang lang,
                           const char *key, const struct view *params);

/* One template from memory, with partials from `t` (may be NULL). */
struct template *template_compile(struct arena *a, const char *name, struct str source,
                                  const char **error);
/* The slice's p is NULL when partials are nested more than 64 deep. */
struct str template_render(const struct templates *t, const struct template *tpl, struct arena *a,
                           const struct view *context, enum lang lang);

#endif
