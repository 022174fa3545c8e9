/* A document on pages: the title with its facts, the parties side by side, the table with its head
 * repeated on every page, sums, texts and places to sign; page numbers below. Sizes are points. In the
 * child of print/pdf.c. */
#ifndef PRINT_LAYOUT_H
#define PRINT_LAYOUT_H

#include <cairo.h>
#include <pango/pango.h>

struct print_document;

void print_layout(const struct print_document *doc, PangoContext *context, cairo_t *cr, double width, double height);

#endif
