/* The font of documents. HarfBuzz reads no WOFF2, but FreeType does: it gives the TrueType font inside,
 * which goes to fontconfig as a file in memory. */
#define _GNU_SOURCE 1 /* memfd_create */
#include "print/font.h"

#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_TRUETYPE_TABLES_H
#include <pango/pangocairo.h>
#include <pango/pangofc-fontmap.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

static bool write_all(int fd, const unsigned char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* The descriptor stays open: the path leads through it. */
static const char *unpacked(const char *file)
{
    FT_Library library;
    FT_Face face;
    FT_ULong n = 0;
    if (FT_Init_FreeType(&library) || FT_New_Face(library, file, 0, &face) || FT_Load_Sfnt_Table(face, 0, 0, NULL, &n))
        return NULL;
    unsigned char *bytes = g_malloc(n);
    int fd = memfd_create("font", MFD_CLOEXEC);
    bool good = fd >= 0 && FT_Load_Sfnt_Table(face, 0, 0, bytes, &n) == 0 && write_all(fd, bytes, n);
    FT_Done_Face(face);
    FT_Done_FreeType(library);
    return good ? g_strdup_printf("/proc/self/fd/%d", fd) : NULL;
}

PangoContext *print_font(const char *file)
{
    const char *path = unpacked(file);
    FcConfig *config = FcConfigCreate();
    if (!path || !FcConfigAppFontAddFile(config, (const FcChar8 *)path))
        return NULL;
    FcConfigSetCurrent(config); /* before the map is made: it would read the machine's configuration */
    PangoFontMap *map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
    pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(map), config);
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map), 72); /* sizes are points */
    PangoContext *context = pango_font_map_create_context(map);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(context, FALSE); /* whole points would tear words apart */
    return context;
}
