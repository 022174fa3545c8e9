/* HTML forms and query strings: pairs of name and value that become a tree. Dots in a name nest
 * ("address.city"); a level whose names are all numbers becomes an array in the order of the
 * numbers ("lines.0.quantity"), gaps closed. An empty value becomes null. The last of equal names
 * wins. Worker processes; everything lives in the arena. */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/str.h"

struct arena;
struct form;
struct view;

#define FORM_PAIRS_MAX 500
#define FORM_DEPTH_MAX 8

struct form *form_new(struct arena *a);
/* Copies nothing: both texts must outlive the form. NULL, or a short reason for refusing the pair
 * (too many of them, nested too deep, an empty part in the name). */
const char *form_put(struct form *f, const char *name, const char *value);
struct view *form_view(const struct form *f); /* always an object */

/* Cuts the next pair off an encoded form or query, still encoded; empty pairs are passed over.
 * False at the end. */
bool form_next(struct str *rest, struct str *name, struct str *value);

#endif
