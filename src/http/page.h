/* The HTML side of an answer: pages, the error page, and where a browser without a session is sent.
 * Worker processes. */
#ifndef HTTP_PAGE_H
#define HTTP_PAGE_H

#include <stdbool.h>

#include "core/err.h"
#include "core/str.h"
#include "http/response.h"

struct request;
struct templates;

/* Renders `context` (NULL: an empty one) through the template, filled by chrome. False when there
 * is no such template. */
bool page_render(struct request *req, const struct templates *templates, const char *name,
                 struct view *context, response_chrome *chrome, struct str *out);
/* The error page, from the template "error" with the problem document as its context, plus
 * retry_after (seconds or null) and back (a page of ours or null); `detail` is null when it says no
 * more than the title. */
bool page_error(struct request *req, const struct templates *templates, enum err error,
                int retry_after, response_chrome *chrome, struct str *out);
/* Address of the login page that leads back to where the browser was; NULL when the error is not
 * cured by logging in. */
const char *page_login(struct request *req, enum err error);

#endif
