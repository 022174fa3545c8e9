/* Pictures: what their headers say, what is refused before it is decoded, and what is kept. */
#define _GNU_SOURCE 1 /* memmem */
#include "shop/media.h"

#include <dirent.h>
#include <gd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/op.h"
#include "shop/media_header.h"
#include "tap.h"

#define TURNED "\xff\xe1\0\x22" "Exif\0\0" "MM\0*\0\0\0\x08" "\0\x01" "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" "\0\0\0\0"

static struct conf conf;
static struct errinfo errinfo;
static struct op op;

static struct str take(void *p, int n)
{
    struct str s = { arena_strndup(op.arena, p, (size_t)n), (size_t)n };
    gdFree(p);
    return s;
}

/* Red on the left half, blue on the right. */
static gdImagePtr two_halves(int w, int h)
{
    gdImagePtr im = gdImageCreateTrueColor(w, h);
    gdImageFilledRectangle(im, 0, 0, w / 2 - 1, h - 1, 0xff0000);
    gdImageFilledRectangle(im, w / 2, 0, w - 1, h - 1, 0x0000ff);
    return im;
}

static struct str jpeg(int w, int h)
{
    int n;
    gdImagePtr im = two_halves(w, h);
    void *p = gdImageJpegPtr(im, &n, 90);
    gdImageDestroy(im);
    return take(p, n);
}

static struct str png_with_hole(int w, int h)
{
    int n;
    gdImagePtr im = two_halves(w, h);
    gdImageAlphaBlending(im, 0);
    gdImageSaveAlpha(im, 1);
    gdImageFilledRectangle(im, 0, 0, w / 4, h / 4, gdTrueColorAlpha(0, 0, 0, gdAlphaTransparent));
    void *p = gdImagePngPtr(im, &n);
    gdImageDestroy(im);
    return take(p, n);
}

static struct str webp(int w, int h)
{
    int n;
    gdImagePtr im = two_halves(w, h);
    void *p = gdImageWebpPtr(im, &n);
    gdImageDestroy(im);
    return take(p, n);
}

/* The same JPEG with a note that the camera was turned. */
static struct str turned(struct str plain)
{
    struct buf b;
    buf_init(&b, op.arena, plain.n + 64);
    buf_add(&b, plain.p, 2);
    buf_add(&b, TURNED, sizeof(TURNED) - 1);
    buf_add(&b, plain.p + 2, plain.n - 2);
    return buf_slice(&b);
}

static struct str kept(const struct media_file *file)
{
    static char bytes[1 << 20];
    FILE *f = fopen(arena_printf(op.arena, "%s/%s", conf.media_dir, file->name), "re");
    size_t n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
    if (f)
        fclose(f);
    return (struct str){ bytes, n };
}

static void headers(void)
{
    struct media_header h;
    ok(media_header_read(jpeg(321, 123), &h) && h.type == MEDIA_JPEG, "a JPEG is known");
    ok(h.width == 321 && h.height == 123 && h.orientation == 1, "its size is read");
    ok(media_header_read(png_with_hole(77, 99), &h) && h.type == MEDIA_PNG && h.width == 77 && h.height == 99, "PNG");
    ok(media_header_read(webp(640, 480), &h) && h.type == MEDIA_WEBP && h.width == 640 && h.height == 480, "WebP");
    ok(media_header_read(turned(jpeg(30, 20)), &h) && h.orientation == 6, "the camera's position is read");
    ok(!media_header_read(STR("GIF89a\1\0\1\0"), &h), "a GIF is none of them");
    ok(!media_header_read(STR("<svg xmlns='http://www.w3.org/2000/svg'/>"), &h), "nor is an SVG");
    ok(!media_header_read(STR(""), &h), "nor is nothing");
}

/* Every beginning of a picture, each in memory of exactly its size: the sanitizer watches. */
static void cut_headers(void)
{
    struct str all[] = { turned(jpeg(16, 16)), png_with_hole(16, 16), webp(16, 16) };
    int early = 0;
    for (size_t i = 0; i < 3; i++)
        for (size_t n = 0; n < all[i].n && n < 400; n++) {
            struct media_header h;
            char *exact = malloc(n ? n : 1);
            memcpy(exact, all[i].p, n);
            early += n < 12 && media_header_read((struct str){ exact, n }, &h);
            media_header_read((struct str){ exact, n }, &h);
            free(exact);
        }
    is_int(early, 0, "a picture cut behind its first bytes has no size");
}

static enum err store(struct str data, struct media_file *out)
{
    errinfo = (struct errinfo){ 0 };
    *out = (struct media_file){ 0 };
    return media_store(&op, data, out);
}

static void storing(void)
{
    struct media_file file, again;
    struct stat first, second;
    struct media_header h;
    is_int(store(jpeg(3000, 2000), &file), ERR_OK, "a large photo is taken");
    ok(file.width == 1600 && file.height == 1066, "and made smaller");
    ok(file.name && strlen(file.name) == 37 && str_ends(str_of(file.name), ".webp"), "under a hash: %s", file.name);
    ok(media_header_read(kept(&file), &h) && h.type == MEDIA_WEBP && h.width == 1600 && h.height == 1066, "what is kept says the same");
    const char *path = arena_printf(op.arena, "%s/%s", conf.media_dir, file.name);
    ok(stat(path, &first) == 0 && (first.st_mode & 0777) == 0644, "the web server may read it");
    is_int(store(jpeg(3000, 2000), &again), ERR_OK, "the same picture again");
    ok(again.name && strcmp(again.name, file.name) == 0 && again.width == 1600 && again.height == 1066, "has the same name and size");
    ok(stat(path, &second) == 0 && first.st_ino == second.st_ino, "and is not written again");
    is_int(store(webp(200, 100), &file), ERR_OK, "a small one");
    ok(file.width == 200 && file.height == 100, "keeps its size");
}

static void pixels(void)
{
    struct media_file file;
    is_int(store(turned(jpeg(400, 200)), &file), ERR_OK, "a photo of a turned camera");
    ok(file.width == 200 && file.height == 400, "stands upright");
    struct str bytes = kept(&file);
    ok(!memmem(bytes.p, bytes.n, "Exif", 4) && !memmem(bytes.p, bytes.n, "EXIF", 4), "without the camera's notes");
    gdImagePtr im = gdImageCreateFromWebpPtr((int)bytes.n, (void *)(uintptr_t)bytes.p);
    int top = gdImageGetTrueColorPixel(im, 100, 50), bottom = gdImageGetTrueColorPixel(im, 100, 350);
    ok((top >> 16 & 255) > 200 && (top & 255) < 60, "what was left is on top");
    ok((bottom & 255) > 200 && (bottom >> 16 & 255) < 60, "what was right is at the bottom");
    gdImageDestroy(im);
    is_int(store(png_with_hole(100, 100), &file), ERR_OK, "a picture with a hole");
    bytes = kept(&file);
    im = gdImageCreateFromWebpPtr((int)bytes.n, (void *)(uintptr_t)bytes.p);
    ok(gdTrueColorGetAlpha(gdImageGetTrueColorPixel(im, 5, 5)) > 100, "keeps it");
    gdImageDestroy(im);
}

static void refuse(struct str data, const char *what)
{
    struct media_file file;
    is_int(store(data, &file), ERR_IMAGE_INVALID, what);
}

static void refusals(void)
{
    struct str png = png_with_hole(50, 50);
    char *bomb = arena_strndup(op.arena, png.p, png.n);
    memcpy(bomb + 16, "\0\0\x27\x10\0\0\x27\x10", 8); /* 10000 × 10000 */
    refuse((struct str){ bomb, png.n }, "more than 40 megapixels are refused by the header");
    memcpy(bomb + 16, "\0\0\x10\0\0\0\x10\0", 8); /* 4096 × 4096, but the data ends early */
    refuse((struct str){ bomb, png.n }, "a picture that does not hold what its header says");
    refuse(STR("hello"), "a text");
    refuse(STR(""), "nothing");
    char *large = arena_alloc(op.arena, MEDIA_BYTES_MAX + 1);
    memcpy(large, png.p, png.n);
    refuse((struct str){ large, MEDIA_BYTES_MAX + 1 }, "a file above 8 MiB");
    refuse((struct str){ png.p, 40 }, "a picture cut behind its header");
    struct media_file file;
    is_int(store(jpeg(20, 20), &file), ERR_OK, "and a good one after them all is taken");
}

static void damaged(void)
{
    struct str good[] = { jpeg(64, 64), png_with_hole(64, 64), webp(64, 64) };
    uint32_t dice = 12345;
    int wrong = 0;
    for (int i = 0; i < 90; i++) {
        struct str s = good[i % 3];
        char *p = arena_strndup(op.arena, s.p, s.n);
        for (int k = 0; k < 4; k++) {
            dice = dice * 1664525 + 1013904223;
            p[(dice >> 8) % s.n] ^= (char)(1 << (dice & 7));
        }
        struct media_file file;
        enum err e = store((struct str){ p, s.n }, &file);
        wrong += e != ERR_OK && e != ERR_IMAGE_INVALID;
    }
    is_int(wrong, 0, "damaged pictures are taken or refused, never more");
}

static int clear_folder(const char *path)
{
    DIR *dir = opendir(path);
    int parts = 0;
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        parts += e->d_name[0] == '.' && strstr(e->d_name, ".webp.") != NULL;
        if (e->d_type == DT_REG)
            unlink(arena_printf(op.arena, "%s/%s", path, e->d_name));
    }
    if (dir)
        closedir(dir);
    rmdir(path);
    return parts;
}

int main(void)
{
    char folder[] = "/tmp/media-XXXXXX";
    conf.media_dir = mkdtemp(folder);
    op = (struct op){ .arena = arena_create("test"), .err = &errinfo, .conf = &conf, .client = "" };
    headers();
    cut_headers();
    storing();
    pixels();
    refusals();
    damaged();
    is_int(clear_folder(folder), 0, "no half-written file is left");
    arena_destroy(op.arena);
    return done();
}
