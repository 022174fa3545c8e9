/* A TLS web server and a mail server for tests. */
#define _GNU_SOURCE 1 /* strcasestr */
#include "net/toy.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/err.h"
#include "net/net.h"

static int listen_any(int *port)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(name);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, size) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&name, &size) != 0)
        return -1;
    *port = ntohs(name.sin_port);
    return fd;
}

static int free_port(void)
{
    int port = 0;
    int fd = listen_any(&port);
    close(fd);
    return port;
}

/* --- TLS ---------------------------------------------------------------------------------- */

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"toy", -1, -1, 0);
    X509_set_issuer_name(x, name);
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");
    X509_EXTENSION *ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "CA:TRUE");
    X509_add_ext(x, names, -1);
    X509_add_ext(x, ca, -1);
    X509_EXTENSION_free(names);
    X509_EXTENSION_free(ca);
    X509_sign(x, key, EVP_sha256());
    return x;
}

static SSL_CTX *make_tls(const char *ca_file)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = make_certificate(key);
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    FILE *f = fopen(ca_file, "we");
    bool good = f && PEM_write_X509(f, x) == 1 && SSL_CTX_use_certificate(ctx, x) == 1 &&
                SSL_CTX_use_PrivateKey(ctx, key) == 1;
    if (f)
        fclose(f);
    X509_free(x);
    EVP_PKEY_free(key);
    return good ? ctx : NULL;
}

static bool send_all(SSL *ssl, const char *p, size_t n)
{
    return SSL_write(ssl, p, (int)n) == (int)n;
}

static void answer(SSL *ssl, int status, const char *body, size_t n, size_t promised)
{
    char head[200];
    int size = snprintf(head, sizeof(head), "HTTP/1.1 %d Toy\r\nContent-Length: %zu\r\n%s\r\n",
                        status, promised, status == 302 ? "Location: /echo\r\n" : "");
    if (send_all(ssl, head, (size_t)size) && n > 0)
        send_all(ssl, body, n);
}

/* Reads a whole request into shared memory; false at the end of the connection. */
static bool read_request(SSL *ssl, struct toy_shared *shared)
{
    char text[sizeof(shared->request)];
    size_t n = 0;
    const char *body = NULL;
    size_t length = 0;
    while (!body || n < (size_t)(body - text) + length) {
        int got = SSL_read(ssl, text + n, (int)(sizeof(text) - 1 - n));
        if (got <= 0)
            return false;
        n += (size_t)got;
        text[n] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        const char *header = strcasestr(text, "\r\nContent-Length:");
        body = end ? end + 4 : NULL;
        length = header ? (size_t)strtol(header + 17, NULL, 10) : 0;
    }
    memcpy(shared->request, text, n + 1);
    shared->requests++;
    return true;
}

/* False: close the connection. */
static bool obey(SSL *ssl, struct toy_shared *shared)
{
    static char big[2 << 20];
    char path[64] = "";
    const char *body = strstr(shared->request, "\r\n\r\n") + 4;
    sscanf(shared->request, "%*s %63s", path);
    if (strcmp(path, "/reset") == 0)
        return false;
    if (strcmp(path, "/hang") == 0)
        for (;;)
            pause();
    if (strncmp(path, "/status/", 8) == 0)
        answer(ssl, (int)strtol(path + 8, NULL, 10), "", 0, 0);
    else if (strcmp(path, "/cut") == 0)
        answer(ssl, 200, "half", 4, 8);
    else if (strcmp(path, "/big") == 0)
        answer(ssl, 200, big, sizeof(big), sizeof(big));
    else if (strcmp(path, "/redirect") == 0)
        answer(ssl, 302, "", 0, 0);
    else if (strcmp(path, "/flaky") == 0)
        answer(ssl, shared->requests % 3 == 0 ? 200 : 503, "", 0, 0);
    else
        answer(ssl, 200, body, strlen(body), strlen(body));
    return strcmp(path, "/cut") != 0;
}

static void serve_tls(int fd, SSL_CTX *ctx, struct toy_shared *shared)
{
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int c = accept(fd, NULL, NULL);
        if (c >= 0 && fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            SSL *ssl = SSL_new(ctx);
            SSL_set_fd(ssl, c);
            if (SSL_accept(ssl) == 1)
                while (read_request(ssl, shared) && obey(ssl, shared))
                    continue;
            _exit(0);
        }
        close(c);
    }
}

/* --- mail --------------------------------------------------------------------------------- */

/* Answers each line by its first word; the recipient's first letter chooses the reply: 'x' 550,
 * 'l' 451. The text of the session is kept. */
static const char *mail_reply(const char *line, bool *in_text)
{
    if (*in_text) {
        if (strcmp(line, ".\r\n") != 0)
            return NULL;
        *in_text = false;
        return "250 kept\r\n";
    }
    if (strncasecmp(line, "RCPT", 4) == 0) {
        const char *to = strchr(line, '<');
        char first = to ? to[1] : ' ';
        return first == 'x'   ? "550 no such user\r\n"
               : first == 'l' ? "451 come back\r\n"
                              : "250 ok\r\n";
    }
    if (strncasecmp(line, "DATA", 4) == 0) {
        *in_text = true;
        return "354 go on\r\n";
    }
    return strncasecmp(line, "QUIT", 4) == 0 ? "221 bye\r\n" : "250 ok\r\n";
}

static void mail_session(int c, struct toy_shared *shared)
{
    FILE *f = fdopen(c, "r+");
    char line[2048];
    bool in_text = false;
    size_t n = 0;
    fputs("220 toy\r\n", f);
    fflush(f);
    while (fgets(line, sizeof(line), f)) {
        if (n + strlen(line) < sizeof(shared->mail)) {
            memcpy(shared->mail + n, line, strlen(line) + 1);
            n += strlen(line);
        }
        bool was = in_text;
        const char *reply = mail_reply(line, &in_text);
        shared->mails += was && !in_text;
        fseek(f, 0, SEEK_CUR);
        if (reply)
            fputs(reply, f);
        fflush(f);
    }
    fclose(f);
}

static void serve_mail(int fd, struct toy_shared *shared)
{
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int c = accept(fd, NULL, NULL);
        if (c >= 0)
            mail_session(c, shared);
    }
}

/* --- the world ---------------------------------------------------------------------------- */

bool toy_open(struct toy *t)
{
    memset(t, 0, sizeof(*t));
    snprintf(t->folder, sizeof(t->folder), "/tmp/tarazu-net-XXXXXX");
    if (!mkdtemp(t->folder))
        return false;
    snprintf(t->ca_file, sizeof(t->ca_file), "%s/ca.pem", t->folder);
    t->shared = mmap(NULL, sizeof(*t->shared), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    SSL_CTX *ctx = make_tls(t->ca_file);
    int web = listen_any(&t->port);
    int mail = listen_any(&t->mail_port);
    int mute = listen_any(&t->mute_port); /* stays open: the kernel takes the connections */
    t->closed_port = free_port();
    if (!ctx || web < 0 || mail < 0 || mute < 0)
        return false;
    fflush(stdout);
    t->web = fork();
    if (t->web == 0)
        serve_tls(web, ctx, t->shared);
    t->mail = fork();
    if (t->mail == 0)
        serve_mail(mail, t->shared);
    SSL_CTX_free(ctx);
    close(web);
    close(mail);
    return t->web > 0 && t->mail > 0;
}

void toy_close(struct toy *t)
{
    kill(t->web, SIGKILL);
    kill(t->mail, SIGKILL);
    waitpid(t->web, NULL, 0);
    waitpid(t->mail, NULL, 0);
    unlink(t->ca_file);
    rmdir(t->folder);
}

struct conf toy_conf(const struct toy *t)
{
    static char base[64], allow[128], mail[64];
    snprintf(base, sizeof(base), "https://localhost:%d", t->port);
    snprintf(allow, sizeof(allow), "localhost:%d, localhost:%d,127.0.0.1:%d", t->mute_port,
             t->closed_port, t->port);
    snprintf(mail, sizeof(mail), "smtp://127.0.0.1:%d", t->mail_port);
    return (struct conf){ .zibal_base_url = base,
                          .zibal_platform_url = base,
                          .sms_provider = "kavenegar",
                          .sms_base_url = base,
                          .sms_api_key = "key/1",
                          .sms_template = "tarazu-otp",
                          .sms_sender = "",
                          .smtp_url = mail,
                          .smtp_from = "shop@example.com",
                          .net_ca_file = t->ca_file,
                          .net_allow_hosts = allow,
                          .trace_url = "",
                          .cache_servers = "" };
}

struct op *toy_op(const struct conf *conf)
{
    struct arena *a = arena_create("toy");
    struct op *op = arena_new(a, struct op);
    op->arena = a;
    op->err = arena_new(a, struct errinfo);
    op->conf = conf;
    op->net = net_open(a, conf);
    op->request_id = "toy";
    op->client = "";
    return op;
}

void toy_op_end(struct op *op)
{
    arena_destroy(op->arena);
}

const char *toy_url(struct op *op, int port, const char *path)
{
    return arena_printf(op->arena, "https://localhost:%d%s", port, path);
}
