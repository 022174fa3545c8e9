/* FastCGI over a real socket: a worker process and a client that speaks the protocol. */
#include "http/fcgi.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "http/request.h"

static char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
static int news[2]; /* a byte from a worker: it is ready, or it has a slow request in hand */

static void tell(void)
{
    if (write(news[1], "x", 1) != 1)
        _exit(2);
}

static void wait_for_news(void)
{
    char byte;
    if (read(news[0], &byte, 1) != 1)
        exit(2);
}

/* Echoes the method, path and body of every request; "/slow" first waits for its TERM. */
static int worker(int listen_fd)
{
    struct arena *process = arena_create("process"), *a = arena_create("request");
    struct fcgi *f = fcgi_open(process, listen_fd);
    struct request req;
    tell();
    while (fcgi_accept(f, a, &req)) {
        bool too_large, read = fcgi_read_body(f, &req, 100000, &too_large);
        if (strcmp(req.path, "/slow") == 0) {
            sigset_t pending;
            tell();
            do {
                usleep(1000);
                sigpending(&pending);
            } while (!sigismember(&pending, SIGTERM));
        }
        const char *text =
            arena_printf(a, "%s %s %d %zu ", method_name(req.method), req.path,
                         too_large ? 413 : read ? 200 : 400, req.body.n);
        struct buf b;
        buf_init(&b, a, 0);
        buf_str(&b, text);
        buf_add(&b, req.body.p, req.body.n);
        fcgi_reply(f, 200, "X-Test: yes\r\n", b.p, b.n);
        arena_reset(a);
    }
    arena_destroy(a);
    arena_destroy(process);
    return 7;
}

static void add_record(struct buf *b, int type, const char *p, size_t n)
{
    buf_add(b, (const char[]){ 1, (char)type, 0, 1, (char)(n >> 8), (char)n, 0, 0 }, 8);
    buf_add(b, p, n);
}

static void add_param(struct buf *b, const char *name, const char *value)
{
    buf_char(b, (char)strlen(name));
    buf_char(b, (char)strlen(value));
    buf_str(b, name);
    buf_str(b, value);
}

static int dial(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        exit(2);
    return fd;
}

static void send_all(int fd, struct str s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n <= 0)
            exit(2);
        s.p += n;
        s.n -= (size_t)n;
    }
}

/* Sends a request; `length` NULL: that of the body. */
static int ask(const char *method, const char *uri, struct str body, const char *length)
{
    struct buf params, b;
    buf_init(&params, arena, 0);
    buf_init(&b, arena, 0);
    add_param(&params, "REQUEST_METHOD", method);
    add_param(&params, "REQUEST_URI", uri);
    add_param(&params, "CONTENT_LENGTH", length ? length : arena_printf(arena, "%zu", body.n));
    add_record(&b, 1, (const char[]){ 0, 1, 0, 0, 0, 0, 0, 0 }, 8);
    add_record(&b, 4, params.p, params.n);
    add_record(&b, 4, "", 0);
    for (size_t at = 0; at < body.n;) {
        size_t n = body.n - at < 60000 ? body.n - at : 60000;
        add_record(&b, 5, body.p + at, n);
        at += n;
    }
    add_record(&b, 5, "", 0);
    int fd = dial();
    send_all(fd, buf_slice(&b));
    return fd;
}

/* Standard output of the answer; "cut" when it does not end as it should. */
static const char *reply(int fd)
{
    struct buf in, out;
    char piece[4096];
    ssize_t n;
    buf_init(&in, arena, 0);
    buf_init(&out, arena, 0);
    while ((n = read(fd, piece, sizeof(piece))) > 0)
        buf_add(&in, piece, (size_t)n);
    close(fd);
    for (size_t at = 0; at + 8 <= in.n;) {
        const unsigned char *h = (const unsigned char *)in.p + at;
        size_t size = (size_t)h[4] << 8 | h[5];
        if (h[1] == 3)
            return buf_text(&out);
        if (h[1] == 6)
            buf_add(&out, in.p + at + 8, size);
        at += 8 + size + h[6];
    }
    return "cut";
}

static const char *talk(const char *method, const char *uri, const char *body, const char *length)
{
    return reply(ask(method, uri, str_of(body), length));
}

static pid_t start(int fd)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(worker(fd));
    wait_for_news();
    return pid;
}

static int end_of(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_listen(void)
{
    struct stat st;
    char longer[200];
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    ok(fcgi_listen(longer) == -1 && errno == ENAMETOOLONG, "a path too long for a socket");
    int fd = fcgi_listen(path);
    ok(fd >= 0, "listens");
    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0660, "for owner and group");
    ok(fcgi_listen(path) == -1 && errno == EADDRINUSE, "a socket in use is not taken away");
    close(fd);
    fd = fcgi_listen(path);
    ok(fd >= 0, "a stale one is");
    close(fd);
    unlink(path);
    FILE *f = fopen(path, "w");
    ok(f && fclose(f) == 0 && fcgi_listen(path) == -1 && errno == EEXIST, "another file is not");
    unlink(path);
}

static void test_requests(void)
{
    is_str(talk("GET", "/a?b", "", NULL),
           "Status: 200 OK\r\nX-Test: yes\r\nContent-Length: 13\r\n\r\nGET /a 200 0 ", "a GET");
    is_str(talk("POST", "/p", "body", NULL),
           "Status: 200 OK\r\nX-Test: yes\r\nContent-Length: 18\r\n\r\nPOST /p 200 4 body",
           "a POST");
    is_str(talk("HEAD", "/a", "", NULL),
           "Status: 200 OK\r\nX-Test: yes\r\nContent-Length: 13\r\n\r\n", "a HEAD");
    ok(strstr(talk("POST", "/p", "body", "3"), "POST /p 200 3 bod"), "no more than was announced");
    ok(strstr(talk("POST", "/p", "body", "5"), "POST /p 400 0 "), "a body cut short");
    ok(strstr(talk("POST", "/p", "body", "-1"), "POST /p 400 0 "), "a negative length");
    ok(strstr(talk("POST", "/p", "body", "4x"), "POST /p 400 0 "), "a length that is none");
    ok(strstr(talk("POST", "/p", "body", "100001"), "POST /p 413 0 "), "too large");
    ok(strstr(talk("POST", "/p", "body", "9223372036854775807"), "POST /p 413 0 "),
       "far too large");
    char *large = arena_alloc(arena, 100000);
    memset(large, 'x', 100000);
    const char *answer = reply(ask("POST", "/p", (struct str){ large, 100000 }, NULL));
    ok(strstr(answer, "POST /p 200 100000 xxx") && strlen(answer) > 100000, "a large body");
    send_all(dial(), STR("garbage and gone"));
    close(dial());
    ok(strstr(talk("GET", "/a", "", NULL), "GET /a 200"), "broken connections do no harm");
}

int main(void)
{
    char dir[] = "/tmp/fcgi-t-XXXXXX";
    if (!mkdtemp(dir) || pipe(news) != 0)
        return 2;
    snprintf(path, sizeof(path), "%s/s", dir);
    fresh();
    test_listen();
    int fd = fcgi_listen(path);
    pid_t one = start(fd);
    test_requests();
    int slow = ask("GET", "/slow", STR(""), NULL);
    wait_for_news();
    kill(one, SIGTERM);
    ok(strstr(reply(slow), "GET /slow 200"), "TERM lets a request end");
    is_int(end_of(one), 7, "and then the worker");
    pid_t two = start(fd), three = start(fd);
    size_t answered = 0;
    int fds[20];
    for (int i = 0; i < 20; i++)
        fds[i] = ask("GET", "/a", STR(""), NULL);
    for (int i = 0; i < 20; i++)
        answered += strstr(reply(fds[i]), "GET /a 200") != NULL;
    is_int((int64_t)answered, 20, "two workers share a socket");
    kill(two, SIGTERM);
    is_int(end_of(two), 7, "TERM ends a waiting worker");
    ok(strstr(talk("GET", "/a", "", NULL), "GET /a 200"), "the other one goes on");
    kill(three, SIGTERM);
    is_int(end_of(three), 7, "until its own");
    close(fd);
    unlink(path);
    rmdir(dir);
    arena_destroy(arena);
    return done();
}
