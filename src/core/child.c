/* A child with limits and one pipe. */
#define _GNU_SOURCE 1 /* pipe2 */
#include "core/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/op.h"

#define PIPE_FD 3

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static void limit(int what, rlim_t most)
{
    const struct rlimit r = { most, most };
    if (setrlimit(what, &r) != 0)
        _exit(3);
}

/* The database's and the web server's sockets are among what is closed. */
static void give_up(const struct child_limits *l, int pipe_fd)
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
    limit(RLIMIT_CPU, (rlim_t)l->cpu_seconds);
    limit(RLIMIT_FSIZE, l->written);
    limit(RLIMIT_NOFILE, l->files ? (rlim_t)(PIPE_FD + 1 + l->files) : 0);
    if (!l->threads)
        limit(RLIMIT_NPROC, 0);
    limit(RLIMIT_CORE, 0);
    if (!SANITIZED)
        limit(RLIMIT_AS, l->memory);
    alarm((unsigned)l->wall_seconds);
}

void child_write(const void *p, size_t n)
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

/* False: more than `most`, or the pipe broke. */
static bool read_all(struct op *op, int fd, size_t most, struct str *out)
{
    char chunk[16384];
    struct buf b;
    buf_init(&b, op->arena, sizeof(chunk));
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || b.n + (size_t)got > most)
            return false;
        if (got == 0)
            break;
        buf_add(&b, chunk, (size_t)got);
    }
    *out = (struct str){ buf_text(&b), b.n };
    return true;
}

enum err child_run(struct op *op, const struct child_limits *limits, child_work *work, void *arg, size_t most,
                   struct str *answer)
{
    int ends[2], status = 0;
    *answer = (struct str){ NULL, 0 };
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_internal(op, ERR_INTERNAL, "pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        give_up(limits, ends[1]);
        _exit(work(arg));
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return err_internal(op, ERR_INTERNAL, "fork: %s", strerror(errno));
    }
    bool whole = read_all(op, ends[0], most, answer);
    close(ends[0]);
    if (!whole)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!whole || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        *answer = (struct str){ NULL, 0 };
    return ERR_OK;
}
