/* FastCGI: the only file that includes libfcgi. One connection, one request, no keep-alive. Signals
 * are blocked while a request is served, because libfcgi does not retry interrupted reads and
 * writes; TERM is noticed between requests. Worker processes. */
#ifndef HTTP_FCGI_H
#define HTTP_FCGI_H

#include <stdbool.h>
#include <stddef.h>

#include "core/str.h"

struct arena;
struct request;
struct fcgi;

#define FCGI_BACKLOG 1024

/* Master: binds a unix socket (mode 0660), replacing a stale one. Returns the fd or -1 with
 * errno. */
int fcgi_listen(const char *path);
/* Worker: takes an inherited listening socket. From here on signals are blocked except while
 * waiting in fcgi_accept; TERM then calls fcgi_shutdown and the handler that was there before. */
struct fcgi *fcgi_open(struct arena *process, int listen_fd);
/* Waits for a request. False when the process should end (TERM). Calls request_init: fills env,
 * method, path, query, content type, request id, client address, accept and language, and makes the
 * rest of *req zero; reads no body. */
bool fcgi_accept(struct fcgi *f, struct arena *a, struct request *req);
/* Reads exactly CONTENT_LENGTH bytes when that is ≤ max; false when larger (*too_large) or cut. */
bool fcgi_read_body(struct fcgi *f, struct request *req, size_t max, bool *too_large);
/* Writes status line, headers (lines ended by \r\n), Content-Length and body (none for HEAD), and
 * ends the request. */
void fcgi_reply(struct fcgi *f, int status, const char *headers, const char *body, size_t size);
void fcgi_finish(struct fcgi *f); /* ends a request, answered or not */
void fcgi_shutdown(void); /* async-signal-safe: the next accept returns false */

#endif
