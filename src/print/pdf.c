/* From markup to PDF, in a child. */
#include "print/pdf.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include "core/arena.h"
#include "core/child.h"
#include "core/conf.h"
#include "core/op.h"
#include "print/font.h"
#include "print/layout.h"
#include "print/markup.h"

#define A4_SHORT 595.276 /* points */
#define A4_LONG 841.89
#define PDF_MAX ((size_t)16 << 20)

struct work {
    struct str markup;
    const char *font;
};

/* Threads, because Pango looks for fonts in one. */
static const struct child_limits limits = {
    .cpu_seconds = 10, .wall_seconds = 20, .memory = (size_t)768 << 20, .files = 16, .written = 4 << 20, .threads = true,
};

static cairo_status_t take(void *closure, const unsigned char *bytes, unsigned int n)
{
    (void)closure;
    child_write(bytes, n);
    return CAIRO_STATUS_SUCCESS;
}

static int draw(void *arg)
{
    const struct work *work = arg;
    const char *error = NULL;
    struct print_document *doc = print_markup(work->markup, &error);
    PangoContext *context = doc ? print_font(work->font) : NULL;
    if (!context)
        return 4;
    double width = doc->landscape ? A4_LONG : A4_SHORT, height = doc->landscape ? A4_SHORT : A4_LONG;
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(take, NULL, width, height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, doc->title);
    cairo_t *cr = cairo_create(surface);
    print_layout(doc, context, cr, width, height);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    return cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS ? 0 : 4;
}

enum err print_pdf(struct op *op, struct str markup, struct str *pdf)
{
    struct work work = { markup, arena_printf(op->arena, "%s/fonts/vazirmatn.woff2", op->conf->static_dir) };
    TRY(child_run(op, &limits, draw, &work, PDF_MAX, pdf));
    if (!pdf->p)
        return err_internal(op, ERR_INTERNAL, "a document could not be made into a PDF");
    return ERR_OK;
}
