/* Passwords of staff, with a bounded number of hashes at work on a host. */
#include "auth/password.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/op.h"

#define PLACES 2
#define WAITING_PLACES 1
#define PATIENCE_MS 3000
#define PAUSE_MS 50

static void close_place(void *fd)
{
    close((int)(intptr_t)fd);
}

/* A descriptor whose closing gives the place back; -1: taken, or the file cannot be made. */
static int take_place(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    close(fd);
    errno = EWOULDBLOCK;
    return -1;
}

/* A place among `places` of the host, held until the scratch arena goes; *taken false: there is none. */
static enum err try_places(struct op *op, struct arena *scratch, const char *kind, int places, bool *taken)
{
    *taken = false;
    for (int place = 0; place < places && !*taken; place++) {
        const char *path = arena_printf(scratch, "%s/password-%s%d.lock", op->conf->run_dir, kind, place);
        int fd = take_place(path);
        if (fd < 0 && errno != EWOULDBLOCK)
            return err_internal(op, ERR_INTERNAL, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            arena_defer(scratch, close_place, (void *)(intptr_t)fd);
        *taken = fd >= 0;
    }
    return ERR_OK;
}

static enum err busy(struct op *op)
{
    err_set(op, ERR_BUSY, NULL);
    err_retry_after(op, 2);
    return ERR_BUSY;
}

/* A place to work, or to wait for one: whoever finds neither hears so at once, because a worker that
 * waits here serves no pages. */
static enum err enter(struct op *op, struct arena *scratch)
{
    bool working, waiting;
    TRY(try_places(op, scratch, "", PLACES, &working));
    if (working)
        return ERR_OK;
    TRY(try_places(op, scratch, "wait-", WAITING_PLACES, &waiting));
    for (int waited = 0; waiting && !working && waited < PATIENCE_MS; waited += PAUSE_MS) {
        clock_sleep_ms(PAUSE_MS);
        TRY(try_places(op, scratch, "", PLACES, &working));
    }
    return working ? ERR_OK : busy(op);
}

enum err password_hash(struct op *op, const char *password, const char **hash)
{
    struct arena *scratch = arena_create("password");
    enum err e = enter(op, scratch);
    if (!e)
        *hash = crypto_password_hash(op->arena, password);
    arena_destroy(scratch);
    return e;
}

enum err password_verify(struct op *op, const char *stored, const char *password, bool *right,
                         bool *outdated)
{
    struct arena *scratch = arena_create("password");
    enum err e = enter(op, scratch);
    *right = *outdated = false;
    if (!e) {
        *right = crypto_password_verify(stored, password, outdated);
        *outdated = *outdated && *right;
    }
    arena_destroy(scratch);
    return e;
}
