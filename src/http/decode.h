/* From raw body and query to typed input. The order in the pipeline: a POST whose body is an
 * encoded form is read and parsed before routing, because `_method` may change the method; every
 * other body is read after the route, which sets its limit, is known. Worker processes. */
#ifndef HTTP_DECODE_H
#define HTTP_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct request;
struct view;

#define IDEMPOTENCY_KEY_MAX 255 /* characters */
#define BODY_MAX ((size_t)64 * 1024)
#define BODY_MAX_UPLOAD ((size_t)8 * 1024 * 1024)

/* Bytes that a body may have: by the route's ROUTE_UPLOAD, without a route the smaller limit. */
size_t request_body_max(const struct request *req);
/* A POST with an application/x-www-form-urlencoded body. */
bool request_is_form_post(const struct request *req);
/* For such a request, once req->body is read and before routing: parses it into req->tree and
 * applies `_method`. ERR_BAD_REQUEST for a broken form. */
enum err request_read_form(struct request *req) MUST_CHECK;
/* POST with a form body whose `_method` is PATCH, DELETE or PUT: changes req->method; false when
 * there was nothing to change. */
bool request_override_method(struct request *req, const struct view *tree);
/* With req->route set: fills tree, uploads, input, params and idempotency_key. 400 for what cannot
 * be read, 415 for another content type, 422 for fields. A route without a schema takes a body only
 * with the fields that every route takes. */
enum err request_decode(struct request *req) MUST_CHECK;

#endif
