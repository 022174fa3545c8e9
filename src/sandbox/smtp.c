/* SMTP conversation: HELO, EHLO, MAIL, RCPT, DATA, RSET, NOOP, QUIT. */
#include "sandbox/smtp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/faults.h"
#include "sandbox/field.h"
#include "sandbox/inbox.h"
#include "sandbox/journal.h"
#include "sandbox/mime.h"
#include "sandbox/options.h"
#include "sandbox/state.h"
#include "sandbox/strbuf.h"

#define MAIL_MAX (2 * 1024 * 1024)
#define LINE_MAX_BYTES 4096
#define RECIPIENTS_MAX 50
#define IDLE_MS 60000
#define TALKERS_MAX 64

static int listener = -1;
static int stop_pipe[2] = { -1, -1 };
static pthread_t acceptor;
static int talkers; /* under the state lock */

struct talk {
    int fd;
    char in[8192];
    size_t in_n, in_at;
    char *from;
    char *to[RECIPIENTS_MAX];
    size_t to_n;
    bool done;
};

static bool wait_readable(int fd)
{
    struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
                             { .fd = stop_pipe[0], .events = POLLIN } };
    int n;
    do {
        n = poll(fds, 2, IDLE_MS);
    } while (n < 0 && errno == EINTR);
    return n > 0 && !fds[1].revents;
}

/* One line without its end; false at the end of the connection. Longer lines come in pieces. */
static bool read_line(struct talk *t, struct strbuf *line)
{
    strbuf_free(line);
    strbuf_str(line, "");
    while (line->len < LINE_MAX_BYTES) {
        if (t->in_at == t->in_n) {
            if (!wait_readable(t->fd))
                return false;
            ssize_t n = read(t->fd, t->in, sizeof t->in);
            if (n <= 0)
                return false;
            t->in_n = (size_t)n;
            t->in_at = 0;
        }
        char c = t->in[t->in_at++];
        if (c == '\n') {
            if (line->len && line->at[line->len - 1] == '\r')
                line->at[--line->len] = '\0';
            return true;
        }
        if (c)
            strbuf_char(line, c);
    }
    return true;
}

static void say(struct talk *t, const char *text)
{
    size_t n = strlen(text);
    while (n > 0) {
        ssize_t done = send(t->fd, text, n, MSG_NOSIGNAL);
        if (done <= 0) {
            t->done = true;
            return;
        }
        text += done;
        n -= (size_t)done;
    }
}

static void forget(struct talk *t)
{
    free(t->from);
    t->from = NULL;
    while (t->to_n > 0)
        free(t->to[--t->to_n]);
}

/* "FROM:<a@b> SIZE=…" → "a@b"; NULL when it has no such form. */
static char *address_in(const char *argument, const char *word)
{
    size_t n = strlen(word);
    const char *open = strncasecmp(argument, word, n) == 0 ? strchr(argument, '<') : NULL;
    const char *close = open ? strchr(open, '>') : NULL;
    return close ? heap_ndup(open + 1, (size_t)(close - open - 1)) : NULL;
}

static void on_hello(struct talk *t, const char *argument)
{
    (void)argument;
    say(t, "250 tarazu-sandbox\r\n");
}

static void on_ehlo(struct talk *t, const char *argument)
{
    (void)argument;
    say(t, "250-tarazu-sandbox\r\n250-SIZE 2097152\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n");
}

static void on_mail(struct talk *t, const char *argument)
{
    forget(t);
    t->from = address_in(argument, "FROM:");
    say(t, t->from ? "250 2.1.0 ok\r\n" : "501 5.5.4 MAIL FROM:<address>\r\n");
}

static void on_rcpt(struct talk *t, const char *argument)
{
    char *address = address_in(argument, "TO:");
    if (!t->from || !address || !strchr(address, '@') || t->to_n == RECIPIENTS_MAX) {
        say(t, !t->from                    ? "503 5.5.1 MAIL first\r\n"
               : t->to_n == RECIPIENTS_MAX ? "452 4.5.3 too many\r\n"
                                           : "553 5.1.3 bad address\r\n");
        free(address);
        return;
    }
    t->to[t->to_n++] = address;
    say(t, "250 2.1.5 ok\r\n");
}

static json_object *message_of(const struct talk *t, const struct strbuf *raw,
                               const struct mime_mail *m)
{
    json_object *o = json_object_new_object(), *all = json_object_new_array();
    for (size_t i = 0; i < t->to_n; i++)
        json_object_array_add(all, json_object_new_string(t->to[i]));
    field_put_str(o, "from", t->from);
    field_put(o, "recipients", all);
    field_put_str(o, "subject", m->subject);
    field_put_str(o, "message_id", m->message_id);
    field_put_str(o, "text", m->text);
    if (m->html)
        field_put_str(o, "html", m->html);
    field_put_str(o, "raw", strbuf_text(raw));
    return o;
}

/* Lock held: one message per recipient, journalled. The lines are chained with newlines. */
static void keep_mail(const struct talk *t, json_object *message, const struct outcome *o,
                      struct strbuf *lines)
{
    int64_t copies = o->drop ? 0 : o->copies > 1 ? o->copies : 1;
    for (size_t i = 0; i < t->to_n; i++) {
        struct entry e = { .call = call_name(CALL_MAIL), .faults = o->names };
        field_put_str(message, "to", t->to[i]);
        for (int64_t n = 0; n < copies; n++)
            inbox_put("mail", message, &e.messages);
        e.request = json_object_new_object();
        field_put_str(e.request, "to", t->to[i]);
        field_put_str(e.request, "subject", field_str(message, "subject"));
        e.effect.kind = copies ? "mail" : "none";
        char *line = journal_add(&e);
        strbuf_str(lines, line);
        json_object_put(e.request);
        json_object_put(e.messages);
        free(line);
    }
}

static void store(struct talk *t, const struct strbuf *raw)
{
    struct outcome o;
    struct mime_mail m;
    struct strbuf lines = { 0 };
    char refusal[64];
    state_lock();
    faults_take(CALL_MAIL, 0, NULL, &o);
    state_unlock();
    state_pause(o.delay_before_ms);
    if (!o.http_status && !o.reset_before) {
        mime_parse(strbuf_text(raw), raw->len, &m);
        json_object *message = message_of(t, raw, &m);
        state_lock();
        keep_mail(t, message, &o, &lines);
        state_unlock();
        journal_write(strbuf_take(&lines));
        json_object_put(message);
        mime_free(&m);
    }
    state_pause(o.delay_ms);
    t->done = o.reset_before || o.reset_after;
    if (t->done)
        return;
    snprintf(refusal, sizeof refusal, "%d refused by a fault\r\n",
             o.http_status >= 400 && o.http_status <= 599 ? (int)o.http_status : 451);
    say(t, o.http_status ? refusal : "250 2.0.0 kept\r\n");
}

static void on_data(struct talk *t, const char *argument)
{
    (void)argument;
    struct strbuf line = { 0 }, raw = { 0 };
    bool complete = false;
    if (t->to_n == 0) {
        say(t, "503 5.5.1 RCPT first\r\n");
        return;
    }
    say(t, "354 end with a dot\r\n");
    while (!complete && read_line(t, &line)) {
        complete = strcmp(strbuf_text(&line), ".") == 0;
        if (complete || raw.len > MAIL_MAX)
            continue;
        strbuf_str(&raw, strbuf_text(&line) + (*strbuf_text(&line) == '.'));
        strbuf_str(&raw, "\r\n");
    }
    if (!complete)
        t->done = true;
    else if (raw.len > MAIL_MAX)
        say(t, "552 5.3.4 too large\r\n");
    else
        store(t, &raw);
    forget(t);
    strbuf_free(&line);
    strbuf_free(&raw);
}

static void on_rset(struct talk *t, const char *argument)
{
    (void)argument;
    forget(t);
    say(t, "250 2.0.0 ok\r\n");
}

static void on_noop(struct talk *t, const char *argument)
{
    (void)argument;
    say(t, "250 2.0.0 ok\r\n");
}

static void on_quit(struct talk *t, const char *argument)
{
    (void)argument;
    say(t, "221 2.0.0 bye\r\n");
    t->done = true;
}

static const struct verb {
    const char *name;
    void (*run)(struct talk *t, const char *argument);
} verbs[] = {
    { "HELO", on_hello }, { "EHLO", on_ehlo }, { "MAIL", on_mail }, { "RCPT", on_rcpt },
    { "DATA", on_data },  { "RSET", on_rset }, { "NOOP", on_noop }, { "QUIT", on_quit },
};

static void answer_line(struct talk *t, const char *line)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        size_t n = strlen(verbs[i].name);
        if (strncasecmp(line, verbs[i].name, n) == 0 && (!line[n] || line[n] == ' ')) {
            verbs[i].run(t, line + n + (line[n] == ' '));
            return;
        }
    }
    say(t, "502 5.5.2 unknown command\r\n");
}

static void *converse(void *cls)
{
    struct talk *t = cls;
    struct strbuf line = { 0 };
    say(t, "220 tarazu-sandbox ESMTP\r\n");
    while (!t->done && read_line(t, &line))
        answer_line(t, strbuf_text(&line));
    strbuf_free(&line);
    forget(t);
    close(t->fd);
    free(t);
    state_lock();
    talkers--;
    state_wake();
    state_unlock();
    return NULL;
}

static void welcome(int fd)
{
    pthread_t thread;
    struct talk *t = heap_new(sizeof *t);
    t->fd = fd;
    state_lock();
    bool room = talkers < TALKERS_MAX;
    talkers += room;
    state_unlock();
    if (room && pthread_create(&thread, NULL, converse, t) == 0) {
        pthread_detach(thread);
        return;
    }
    state_lock();
    talkers -= room;
    state_unlock();
    say(t, "421 4.3.2 busy\r\n");
    close(fd);
    free(t);
}

static void *accept_loop(void *cls)
{
    struct pollfd fds[2] = { { .fd = listener, .events = POLLIN },
                             { .fd = stop_pipe[0], .events = POLLIN } };
    (void)cls;
    while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
        if (fds[1].revents)
            break;
        int fd = fds[0].revents ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd >= 0)
            welcome(fd);
    }
    return NULL;
}

bool smtp_start(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)options.smtp_port) };
    int yes = 1;
    if (options.smtp_port == 0)
        return true;
    inet_pton(AF_INET, options.listen_host, &address.sin_addr);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 128) != 0 || pipe(stop_pipe) != 0 ||
        pthread_create(&acceptor, NULL, accept_loop, NULL) != 0) {
        fprintf(stderr, "tarazu-sandbox: no SMTP on port %d: %s\n", options.smtp_port,
                strerror(errno));
        return false;
    }
    return true;
}

void smtp_stop(void)
{
    if (stop_pipe[1] < 0)
        return;
    close(stop_pipe[1]); /* every poll() above now sees the end of the pipe */
    pthread_join(acceptor, NULL);
    state_lock();
    while (talkers > 0) {
        state_unlock();
        usleep(1000);
        state_lock();
    }
    state_unlock();
    close(listener);
    close(stop_pipe[0]);
}
