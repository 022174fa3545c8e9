/* JSON from strangers: what RFC 8259 leaves open and a parser passes over. Worker processes. */
#ifndef HTTP_JSON_BODY_H
#define HTTP_JSON_BODY_H

#include "core/str.h"

struct arena;
struct view;

#define JSON_BODY_DEPTH 32
#define JSON_BODY_MEMBERS 500 /* of one object */

/* Parses a body: strict JSON and UTF-8, no member twice in one object (readers would disagree about
 * which one counts), integers outside int64 brought to its ends so that the schema's bounds refuse
 * them. NULL with *error a short reason; JSON null at the root gives NULL with *error NULL. */
struct view *json_body_parse(struct arena *a, struct str body, const char **error);

#endif
