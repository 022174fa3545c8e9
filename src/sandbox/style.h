/* The sandbox's one style sheet and the frame of its pages: Persian, right to left, phone first. */
#ifndef SANDBOX_STYLE_H
#define SANDBOX_STYLE_H

#include "sandbox/strbuf.h"

extern const char style_sheet[];
extern struct strbuf style_font; /* WOFF2, empty when there is none; read once before any thread */
void style_load_font(const char *path);
/* refresh: seconds until `refresh_url` is loaded, 0 for never. kind becomes the class of body. */
void style_head(struct strbuf *b, const char *title, const char *kind, int refresh,
                const char *refresh_url);
void style_foot(struct strbuf *b);

#endif
