/* Decoding and encoding a picture in a process of its own. */
#include "shop/media_child.h"

#include <gd.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CPU_SECONDS 10
#define MEMORY_BYTES ((rlim_t)512 << 20)
#define WALL_SECONDS 20
#define QUALITY 82
#define PIPE_FD 3

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0 /* the sanitizer's shadow takes far more address space than any picture */
#endif

static void limit(int what, rlim_t most)
{
    const struct rlimit r = { most, most };
    if (setrlimit(what, &r) != 0)
        _exit(3);
}

/* The database's and the web server's sockets are among what is closed; nothing can be opened. */
static void give_up(int pipe_fd)
{
    for (int s = 1; s < NSIG; s++)
        if (s != SIGKILL && s != SIGSTOP)
            signal(s, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(pipe_fd, PIPE_FD) != PIPE_FD)
        _exit(3);
    for (int fd = 0; fd < PIPE_FD; fd++)
        close(fd);
    if (syscall(SYS_close_range, PIPE_FD + 1, ~0U, 0) != 0)
        for (int fd = PIPE_FD + 1; fd < 65536; fd++)
            close(fd);
    limit(RLIMIT_CPU, CPU_SECONDS);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, 0);
    limit(RLIMIT_NPROC, 0);
    limit(RLIMIT_CORE, 0);
    if (!SANITIZED)
        limit(RLIMIT_AS, MEMORY_BYTES);
    alarm(WALL_SECONDS);
}

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

static void write_all(const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t done = write(PIPE_FD, at, n);
        if (done <= 0)
            _exit(5);
        at += done;
        n -= (size_t)done;
    }
}

void media_child(struct str data, const struct media_header *header, int side_max, int pipe_fd)
{
    int size = 0;
    give_up(pipe_fd);
    gdSetErrorMethod(be_quiet);
    gdImagePtr im = decode(data, header->type);
    if (im && !gdImageTrueColor(im) && !gdImagePaletteToTrueColor(im))
        _exit(4);
    im = im ? shrink(im, side_max) : NULL;
    im = im ? turn_upright(im, header->orientation) : NULL;
    if (!im)
        _exit(4);
    gdImageAlphaBlending(im, 0);
    gdImageSaveAlpha(im, 1);
    void *bytes = gdImageWebpPtrEx(im, &size, QUALITY);
    if (!bytes || size <= 0)
        _exit(4);
    const struct media_answer answer = { (uint32_t)gdImageSX(im), (uint32_t)gdImageSY(im), (uint32_t)size };
    write_all(&answer, sizeof(answer));
    write_all(bytes, (size_t)size);
    _exit(0);
}
