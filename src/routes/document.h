/* Papers of an order: a page, JSON, or a PDF to keep. Worker processes. */
#ifndef ROUTES_DOCUMENT_H
#define ROUTES_DOCUMENT_H

#include "core/err.h"

struct request;
struct templates;

/* After the handler: when it asked for a download (reply.print), the view goes through that template and
 * becomes a PDF (print/pdf.h). Outside of any transaction. Returns the request's result. */
enum err document_finish(struct request *req, enum err result, const struct templates *templates) MUST_CHECK;

#endif
