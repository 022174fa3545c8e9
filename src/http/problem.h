/* RFC 9457: an error of the catalogue as a problem document. Worker processes. */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "core/err.h"

struct view;
struct op;

/* {type, title, status, code, detail, request_id, params, errors: [{field, code, message, params,
 * variant_id?}]} plus the members of errinfo.extra. */
struct view *problem_view(struct op *op, enum err code);

#endif
