/* Turns a finished request into bytes: the view as JSON or through the route's template, an error
 * as problem+json (RFC 9457) or the error page, redirects for browsers. Worker processes. */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stddef.h>

#include "core/err.h"
#include "core/str.h"

struct request;
struct templates;

struct response {
    int status;
    const char *headers; /* complete lines, each ended by \r\n */
    const char *body;
    size_t size;
};

/* Browsers: a location is a 303, and an error that logging in cures sends to the login page. API
 * clients: a location on GET is a 303, on 201 a Location header. `chrome` fills the page-wide part
 * of the context ("page": user, cart, texts …); called for HTML answers only, also on the error
 * page when the database may be away; may be NULL. */
typedef void response_chrome(struct request *req, struct view *context);
void response_make(struct request *req, enum err result, const struct templates *templates,
                   response_chrome *chrome, struct response *out);

#endif
