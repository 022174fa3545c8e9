/* Pictures from outside. */
#include "shop/media.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/child.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "shop/media_child.h"
#include "shop/media_header.h"

#define RECIPE "webp 82 1600 v1\n" /* a change of how pictures are made changes their names */
#define NAME_HEX 32
#define ANSWER_MAX ((size_t)16 << 20)
#define HEADER_BYTES 64 /* enough to read a WebP's size */

static enum err invalid(struct op *op)
{
    err_field(op, "/image", "bad_image", NULL);
    return err_set(op, ERR_IMAGE_INVALID, NULL);
}

static const char *name_of(struct op *op, struct str data)
{
    struct buf b;
    buf_init(&b, op->arena, data.n + sizeof(RECIPE));
    buf_str(&b, RECIPE);
    buf_add(&b, data.p, data.n);
    return arena_printf(op->arena, "%.*s.webp", NAME_HEX, crypto_sha256_hex(op->arena, buf_slice(&b)));
}

/* The same picture was stored before: its size is in its header. */
static bool stored_before(struct op *op, struct media_file *out)
{
    char head[HEADER_BYTES];
    struct media_header header;
    int fd = open(arena_printf(op->arena, "%s/%s", op->conf->media_dir, out->name), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, head, sizeof(head));
    close(fd);
    if (n <= 0 || !media_header_read((struct str){ head, (size_t)n }, &header))
        return false;
    out->width = (int)header.width;
    out->height = (int)header.height;
    return true;
}

static const struct child_limits limits = { .cpu_seconds = 10, .wall_seconds = 20, .memory = (size_t)512 << 20 };

static enum err encode(struct op *op, struct str data, const struct media_header *header, struct media_file *out,
                       struct str *encoded)
{
    struct media_work work = { data, *header, MEDIA_SIDE_MAX };
    struct media_answer answer;
    struct str all;
    TRY(child_run(op, &limits, media_child, &work, ANSWER_MAX, &all));
    if (all.n <= sizeof(answer))
        return invalid(op);
    memcpy(&answer, all.p, sizeof(answer));
    out->width = (int)answer.width;
    out->height = (int)answer.height;
    *encoded = (struct str){ all.p + sizeof(answer), all.n - sizeof(answer) };
    return ERR_OK;
}

static bool write_file(int fd, struct str data)
{
    while (data.n > 0) {
        ssize_t done = write(fd, data.p, data.n);
        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0) {
            data.p += done;
            data.n -= (size_t)done;
        }
    }
    return fchmod(fd, 0644) == 0 && fsync(fd) == 0;
}

static enum err keep(struct op *op, struct str data, const char *name)
{
    const char *path = arena_printf(op->arena, "%s/%s", op->conf->media_dir, name);
    const char *part = arena_printf(op->arena, "%s/.%s.%ld", op->conf->media_dir, name, (long)getpid());
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_internal(op, ERR_INTERNAL, "%s: %s", part, strerror(errno));
    bool good = write_file(fd, data);
    int saved = errno;
    close(fd);
    if (good && rename(part, path) == 0)
        return ERR_OK;
    saved = good ? errno : saved;
    unlink(part);
    return err_internal(op, ERR_INTERNAL, "%s: %s", path, strerror(saved));
}

/* What the header tells, before anything is decoded. */
static enum err look(struct op *op, struct str data, struct media_header *header)
{
    if (data.n == 0 || data.n > MEDIA_BYTES_MAX || !media_header_read(data, header) ||
        (uint64_t)header->width * header->height > MEDIA_PIXELS_MAX)
        return invalid(op);
    return ERR_OK;
}

enum err media_make(struct op *op, struct str data, struct media_file *out, struct str *encoded)
{
    struct media_header header;
    TRY(look(op, data, &header));
    out->name = name_of(op, data);
    return encode(op, data, &header, out, encoded);
}

enum err media_store(struct op *op, struct str data, struct media_file *out)
{
    struct media_header header;
    struct str encoded = { "", 0 };
    TRY(look(op, data, &header));
    out->name = name_of(op, data);
    if (stored_before(op, out))
        return ERR_OK;
    TRY(encode(op, data, &header, out, &encoded));
    return keep(op, encoded, out->name);
}
