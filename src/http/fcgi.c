/* FastCGI by libfcgi. Connections are accepted here and handed to the library: it cannot wait for a
 * connection and for a signal without a gap between the two, and it reads the parameters of a
 * request with the same signals open, which would cut a request short. */
#define _GNU_SOURCE 1 /* accept4 */
#include "http/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/assert.h"
#include "core/clock.h"
#include "core/log.h"
#include "http/request.h"

#define READ_SECONDS 5   /* nginx sends a whole request at once */
#define WRITE_SECONDS 30 /* and takes the whole answer */
#define NO_DESCRIPTORS_MS 20

struct fcgi {
    int listen_fd;
    int epoll_fd;
    sigset_t waiting; /* the mask while waiting for a connection */
    FCGX_Request request;
    bool open; /* a request is being served */
    bool head;
};

static volatile sig_atomic_t stopping;
static struct sigaction term_before;

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { 200, "OK" },                  { 201, "Created" },
    { 202, "Accepted" },            { 204, "No Content" },
    { 301, "Moved Permanently" },   { 302, "Found" },
    { 303, "See Other" },           { 304, "Not Modified" },
    { 307, "Temporary Redirect" },  { 308, "Permanent Redirect" },
    { 400, "Bad Request" },         { 401, "Unauthorized" },
    { 403, "Forbidden" },           { 404, "Not Found" },
    { 405, "Method Not Allowed" },  { 406, "Not Acceptable" },
    { 409, "Conflict" },            { 410, "Gone" },
    { 413, "Content Too Large" },   { 415, "Unsupported Media Type" },
    { 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
    { 500, "Internal Server Error" }, { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Status";
}

/* A socket file that nobody listens on is removed; one in use, and any other file, is not. */
static bool remove_stale(const struct sockaddr_un *address)
{
    struct stat st;
    if (lstat(address->sun_path, &st) != 0)
        return errno == ENOENT;
    int probe = S_ISSOCK(st.st_mode) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (probe < 0) {
        errno = EEXIST;
        return false;
    }
    bool used = connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0;
    close(probe);
    if (used)
        errno = EADDRINUSE;
    return !used && unlink(address->sun_path) == 0;
}

int fcgi_listen(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    if (!remove_stale(&address))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    /* Nobody can connect before listen(), so the mode is right before the first connection. */
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || chmod(path, 0660) != 0 ||
        listen(fd, FCGI_BACKLOG) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static void on_term(int number)
{
    int error = errno;
    fcgi_shutdown();
    if (!(term_before.sa_flags & SA_SIGINFO) && term_before.sa_handler != SIG_DFL &&
        term_before.sa_handler != SIG_IGN)
        term_before.sa_handler(number);
    errno = error;
}

/* The library puts its own handlers in; they are taken out again. */
static void init_library(void)
{
    struct sigaction usr1_before, pipe_ignored = { .sa_handler = SIG_IGN };
    struct sigaction term = { .sa_handler = on_term };
    struct sigaction now;
    sigaction(SIGUSR1, NULL, &usr1_before);
    sigaction(SIGTERM, NULL, &now);
    if (now.sa_handler != on_term)
        term_before = now;
    ASSERT(FCGX_Init() == 0);
    sigaction(SIGUSR1, &usr1_before, NULL);
    sigaction(SIGTERM, &term, NULL);
    sigaction(SIGPIPE, &pipe_ignored, NULL);
}

/* Blocks everything but what tells of a bug. */
static void block_signals(sigset_t *waiting)
{
    static const int bugs[] = { SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                SIGABRT, SIGTRAP, SIGSYS, SIGPROF };
    sigset_t serving;
    sigfillset(&serving);
    for (size_t i = 0; i < sizeof(bugs) / sizeof(bugs[0]); i++)
        sigdelset(&serving, bugs[i]);
    sigprocmask(SIG_SETMASK, &serving, waiting);
    sigdelset(waiting, SIGTERM);
}

struct fcgi *fcgi_open(struct arena *process, int listen_fd)
{
    struct fcgi *f = arena_new(process, struct fcgi);
    init_library();
    block_signals(&f->waiting);
    f->listen_fd = listen_fd;
    fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK);
    f->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    /* One connection wakes one worker. */
    struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE };
    ASSERT(f->epoll_fd >= 0);
    ASSERT(epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, listen_fd, &event) == 0);
    /* Without a listening socket the library never waits in accept itself. */
    ASSERT(FCGX_InitRequest(&f->request, -1, FCGI_FAIL_ACCEPT_ON_INTR) == 0);
    return f;
}

/* -1: none now; a signal came, or another worker was faster. */
static int next_connection(struct fcgi *f)
{
    struct epoll_event event;
    if (epoll_pwait(f->epoll_fd, &event, 1, -1, &f->waiting) < 0)
        return -1;
    int fd = accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
        log_error("accept: %s", strerror(errno));
        clock_sleep_ms(NO_DESCRIPTORS_MS);
    }
    return fd;
}

/* Reads the parameters. False when the connection was silent, broken or gone; it is closed then. */
static bool begin(struct fcgi *f, int fd)
{
    struct timeval reading = { .tv_sec = READ_SECONDS }, writing = { .tv_sec = WRITE_SECONDS };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &reading, sizeof(reading));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &writing, sizeof(writing));
    f->request.ipcFd = fd;
    f->request.keepConnection = 1; /* otherwise the library closes it first */
    return FCGX_Accept_r(&f->request) == 0;
}

bool fcgi_accept(struct fcgi *f, struct arena *a, struct request *req)
{
    fcgi_finish(f);
    while (!stopping) {
        int fd = next_connection(f);
        if (fd < 0 || !begin(f, fd))
            continue;
        request_init(req, a, f->request.envp);
        f->open = true;
        f->head = req->head;
        return true;
    }
    return false;
}

bool fcgi_read_body(struct fcgi *f, struct request *req, size_t max, bool *too_large)
{
    int64_t length = 0;
    struct str given = str_of(request_param(req, "CONTENT_LENGTH"));
    *too_large = false;
    req->body = (struct str){ "", 0 };
    if (given.n > 0 && (!str_int(given, &length) || length < 0))
        return false;
    *too_large = (uint64_t)length > max || length > INT_MAX;
    if (*too_large)
        return false;
    if (length == 0)
        return true;
    char *body = arena_alloc(req->op.arena, (size_t)length + 1);
    if (FCGX_GetStr(body, (int)length, f->request.in) != (int)length)
        return false;
    req->body = (struct str){ body, (size_t)length };
    return true;
}

static void put(struct fcgi *f, const char *p, size_t n)
{
    while (n > 0) {
        int piece = n > INT_MAX ? INT_MAX : (int)n;
        if (FCGX_PutStr(p, piece, f->request.out) != piece)
            return;
        p += piece;
        n -= (size_t)piece;
    }
}

void fcgi_reply(struct fcgi *f, int status, const char *headers, const char *body, size_t size)
{
    if (!f->open)
        return;
    FCGX_Stream *out = f->request.out;
    FCGX_FPrintF(out, "Status: %d %s\r\n", status, reason_of(status));
    put(f, headers, strlen(headers));
    if (status != 204 && status != 304)
        FCGX_FPrintF(out, "Content-Length: %lu\r\n", (unsigned long)size);
    put(f, "\r\n", 2);
    if (!f->head)
        put(f, body, size);
    fcgi_finish(f);
}

void fcgi_finish(struct fcgi *f)
{
    if (!f->open)
        return;
    f->request.keepConnection = 0;
    FCGX_Finish_r(&f->request);
    f->open = false;
}

void fcgi_shutdown(void)
{
    stopping = 1;
}
