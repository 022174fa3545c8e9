/* Documents as PDF: A4, real text, right to left where the language is, the project's own font inside.
 * The libraries that make it (Pango, Cairo, FreeType) run in a child with limits and are used in this
 * folder only. Web processes. */
#ifndef PRINT_PDF_H
#define PRINT_PDF_H

#include "core/err.h"
#include "core/str.h"

struct op;

/* Makes a PDF of the markup (print/markup.h), in the arena. Not inside an open transaction: it takes up
 * to a second or two. A markup that is not one, or a document beyond the limits, is ERR_INTERNAL. */
enum err print_pdf(struct op *op, struct str markup, struct str *pdf) MUST_CHECK;

#endif
