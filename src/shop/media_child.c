/* Decoding and encoding a picture in a process of its own. */
#include "shop/media_child.h"

#include <gd.h>
#include <stddef.h>

#include "core/child.h"

#define QUALITY 82

static void be_quiet(int priority, const char *format, va_list args)
{
    (void)priority;
    (void)format;
    (void)args;
}

static gdImagePtr decode(struct str data, enum media_type type)
{
    switch (type) {
    case MEDIA_JPEG: return gdImageCreateFromJpegPtr((int)data.n, (void *)(uintptr_t)data.p);
    case MEDIA_PNG: return gdImageCreateFromPngPtr((int)data.n, (void *)(uintptr_t)data.p);
    case MEDIA_WEBP: return gdImageCreateFromWebpPtr((int)data.n, (void *)(uintptr_t)data.p);
    case MEDIA_NONE: break;
    }
    return NULL;
}

static gdImagePtr shrink(gdImagePtr im, int side_max)
{
    int w = gdImageSX(im), h = gdImageSY(im), side = w > h ? w : h;
    if (side <= side_max)
        return im;
    int nw = (int)((int64_t)w * side_max / side), nh = (int)((int64_t)h * side_max / side);
    gdImagePtr out = gdImageCreateTrueColor(nw > 0 ? nw : 1, nh > 0 ? nh : 1);
    if (!out)
        return NULL;
    gdImageAlphaBlending(out, 0);
    gdImageSaveAlpha(out, 1);
    gdImageCopyResampled(out, im, 0, 0, 0, 0, gdImageSX(out), gdImageSY(out), w, h);
    gdImageDestroy(im);
    return out;
}

/* What EXIF says about the camera's position is done to the pixels. Cells: quarter turns
 * anticlockwise, then mirrored. */
static gdImagePtr turn_upright(gdImagePtr im, int orientation)
{
    static const struct { int quarters, mirrored; } moves[9] = {
        [2] = { 0, 1 }, [3] = { 2, 0 }, [4] = { 2, 1 }, [5] = { 3, 1 }, [6] = { 3, 0 }, [7] = { 1, 1 }, [8] = { 1, 0 },
    };
    if (moves[orientation].quarters) {
        gdImagePtr turned = gdImageRotateInterpolated(im, (float)(90 * moves[orientation].quarters), 0);
        gdImageDestroy(im);
        im = turned;
    }
    if (im && moves[orientation].mirrored)
        gdImageFlipHorizontal(im);
    return im;
}

int media_child(void *arg)
{
    const struct media_work *work = arg;
    int size = 0;
    gdSetErrorMethod(be_quiet);
    gdImagePtr im = decode(work->data, work->header.type);
    if (im && !gdImageTrueColor(im) && !gdImagePaletteToTrueColor(im))
        return 4;
    im = im ? shrink(im, work->side_max) : NULL;
    im = im ? turn_upright(im, work->header.orientation) : NULL;
    if (!im)
        return 4;
    gdImageAlphaBlending(im, 0);
    gdImageSaveAlpha(im, 1);
    void *bytes = gdImageWebpPtrEx(im, &size, QUALITY);
    if (!bytes || size <= 0)
        return 4;
    const struct media_answer answer = { (uint32_t)gdImageSX(im), (uint32_t)gdImageSY(im) };
    child_write(&answer, sizeof(answer));
    child_write(bytes, (size_t)size);
    return 0;
}
