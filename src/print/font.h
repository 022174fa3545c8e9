/* The documents' font: the project's own web font and no other, whatever is installed on the machine.
 * In the child of print/pdf.c. */
#ifndef PRINT_FONT_H
#define PRINT_FONT_H

#include <pango/pango.h>

/* A context that sets text in the font file (WOFF2 or TrueType); NULL when it cannot be read. */
PangoContext *print_font(const char *file);

#endif
