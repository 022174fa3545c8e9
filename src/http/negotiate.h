/* What the client wants: JSON or the page, and which language. nginx decides both beforehand
 * (TARAZU_ACCEPT, TARAZU_LANG: they are part of its cache keys); without it the same rules are
 * applied here. Worker processes. */
#ifndef HTTP_NEGOTIATE_H
#define HTTP_NEGOTIATE_H

#include "http/request.h"

/* JSON when the path ends in ".json", the body is JSON, a Bearer token is sent, or Accept prefers
 * it; of equals the one named first, and a name before a wildcard. */
enum accept negotiate_accept(const struct request *req, bool json_path);
/* The cookie `lang`, else Accept-Language, else Persian. */
enum lang negotiate_lang(const struct request *req);

#endif
