/* Outgoing calls against a real TLS server that misbehaves on request. */
#include "net/fetch.h"

#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/breaker.h"
#include "net/net.h"
#include "net/sms.h"
#include "net/toy.h"
#include "tap.h"

static struct toy toy;
static struct breaker_state breakers[64];

static struct fetch_answer call(struct op *op, const char *method, const char *url, bool idempotent)
{
    struct fetch_answer a;
    const struct fetch_call c = { .method = method,
                                  .url = url,
                                  .content_type = "text/plain",
                                  .body = STR("a body"),
                                  .idempotent = idempotent,
                                  .total_ms = 3000 };
    memset(breakers, 0, sizeof(breakers));
    fetch(op, &c, &a);
    return a;
}

static struct fetch_answer post(struct op *op, const char *path)
{
    return call(op, "POST", toy_url(op, toy.port, path), false);
}

static void test_answers(struct op *op)
{
    struct fetch_answer a = post(op, "/echo");
    is_int(a.outcome, FETCH_ANSWERED, "an answer comes");
    is_int(a.status, 200, "with its status");
    is_str(str_dup(op->arena, a.body), "a body", "and its body");
    is_str(a.problem, NULL, "without a problem");
    ok(strstr(toy.shared->request, "Content-Type: text/plain\r\n"), "the content type was sent");
    ok(!strstr(toy.shared->request, "Expect:"), "without asking first");
    a = post(op, "/status/418");
    ok(a.outcome == FETCH_ANSWERED && a.status == 418, "a refusal is an answer");
    a = post(op, "/status/500");
    ok(a.outcome == FETCH_ANSWERED && a.status == 500, "so is a server error");
    a = post(op, "/redirect");
    ok(a.outcome == FETCH_ANSWERED && a.status == 302, "a redirect is not followed");
    ok(strstr(toy.shared->request, "/redirect"), "nobody went there");
}

static void test_unknown(struct op *op)
{
    static const char *const paths[] = { "/reset", "/cut", "/big" };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        post(op, "/echo"); /* leaves a connection that could be taken again */
        int before = toy.shared->requests;
        struct fetch_answer a = post(op, paths[i]);
        is_int(a.outcome, FETCH_UNKNOWN, paths[i]);
        ok(a.problem && a.status == 0, "with a problem, without a status");
        is_int(toy.shared->requests - before, 1, "was sent exactly once");
    }
    struct fetch_answer a;
    const struct fetch_call hang = {
        .method = "POST", .url = toy_url(op, toy.port, "/hang"), .total_ms = 300
    };
    fetch(op, &hang, &a);
    is_int(a.outcome, FETCH_UNKNOWN, "a request that is never answered");
}

static void test_not_sent(struct op *op)
{
    const char *const urls[] = {
        toy_url(op, toy.closed_port, "/"),
        arena_printf(op->arena, "https://127.0.0.1:%d/echo", toy.port), /* not in the certificate */
        "https://localhost:1/",
        "https://example.com/",
        arena_printf(op->arena, "http://localhost:%d/echo", toy.port),
        arena_printf(op->arena, "https://localhost:%d@example.com/", toy.port),
        arena_printf(op->arena, "https://user:secret@localhost:%d/echo", toy.port),
        "file:///etc/passwd",
        "no address at all",
    };
    int before = toy.shared->requests;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct fetch_answer a = call(op, "POST", urls[i], false);
        is_int(a.outcome, FETCH_NOT_SENT, urls[i]);
        ok(a.problem, "with a problem");
    }
    is_int(toy.shared->requests, before, "none of them reached the server");
    struct fetch_answer a;
    const struct fetch_call mute = {
        .method = "POST", .url = toy_url(op, toy.mute_port, "/"), .total_ms = 300
    };
    fetch(op, &mute, &a);
    is_int(a.outcome, FETCH_NOT_SENT, "a server that does not greet has not got the request");
    const struct net *net = op->net;
    op->net = NULL;
    is_int(post(op, "/echo").outcome, FETCH_NOT_SENT, "a process without network sends nothing");
    op->net = (struct net *)net;
}

/* Milliseconds of one call with the usual limits; *a: its answer. */
static int64_t timed(struct op *op, const char *url, struct fetch_answer *a)
{
    const struct fetch_call c = { .method = "POST", .url = url };
    fetch(op, &c, a);
    return a->micros / 1000;
}

/* Both waits at the same time. */
static void test_limits(struct op *op)
{
    struct fetch_answer a;
    int status = 1;
    memset(breakers, 0, sizeof(breakers));
    pid_t child = fork();
    if (child == 0) {
        int64_t ms = timed(op, toy_url(op, toy.port, "/hang"), &a);
        _exit(ms >= 4900 && ms < 8000 && a.outcome == FETCH_UNKNOWN ? 0 : 1);
    }
    int64_t ms = timed(op, toy_url(op, toy.mute_port, "/"), &a);
    ok(ms >= 1900 && ms < 4500, "a connection is awaited for two seconds");
    ok(waitpid(child, &status, 0) == child && status == 0, "an answer for five");
}

static void test_retries(struct op *op)
{
    struct fetch_answer a;
    while (toy.shared->requests % 3)
        post(op, "/echo");
    int before = toy.shared->requests;
    a = call(op, "GET", toy_url(op, toy.port, "/flaky"), true);
    ok(a.outcome == FETCH_ANSWERED && a.status == 200, "an idempotent call is tried again");
    is_int(toy.shared->requests - before, 3, "twice");
    before = toy.shared->requests;
    a = post(op, "/flaky");
    is_int(toy.shared->requests - before, 1, "any other only once");
    is_int(a.status, 503, "and its answer is given as it is");
    before = toy.shared->requests;
    a = call(op, "GET", toy_url(op, toy.port, "/reset"), true);
    is_int(a.outcome, FETCH_UNKNOWN, "tries that all fail stay unknown");
    ok(toy.shared->requests - before >= 3, "after all tries");
}

static void test_breaker(struct op *op)
{
    struct fetch_answer a;
    const struct fetch_call trouble = {
        .method = "POST", .url = toy_url(op, toy.port, "/status/503") };
    const struct fetch_call good = { .method = "POST", .url = toy_url(op, toy.port, "/echo") };
    memset(breakers, 0, sizeof(breakers));
    for (int i = 0; i < 5; i++)
        fetch(op, &trouble, &a);
    is_int(a.status, 503, "five answers of trouble are given");
    int before = toy.shared->requests;
    fetch(op, &good, &a);
    is_int(a.outcome, FETCH_NOT_SENT, "then the breaker is open");
    is_int(toy.shared->requests, before, "and nothing is sent");
    breakers[0].open_until_us = 1; /* its time is over */
    fetch(op, &good, &a);
    is_int(a.outcome, FETCH_ANSWERED, "after its time a probe is sent");
    is_int(breakers[0].open_until_us, 0, "whose answer closes it");
}

static void test_sms(struct op *op)
{
    struct sms_result r;
    memset(breakers, 0, sizeof(breakers));
    sms_send_code(op, "+989123456789", "12345", &r);
    ok(strncmp(toy.shared->request, "POST /v1/key%2F1/verify/lookup.json ", 36) == 0,
       "a code goes to Kavenegar's lookup");
    ok(strstr(toy.shared->request,
              "receptor=09123456789&template=tarazu-otp&token=12345&type=sms"),
       "as a form");
    is_int(r.outcome, SMS_RETRY, "an answer that is none is worth another try");
    sms_send_text(op, "+989123456789", "سلام & bye", 77, &r);
    ok(strstr(toy.shared->request, "message=%D8%B3%D9%84%D8%A7%D9%85%20%26%20bye&localid=77"),
       "a text is escaped and carries its id");
}

static void test_smsir(struct conf conf)
{
    struct sms_result r;
    conf.sms_provider = "smsir";
    conf.sms_template = "100000";
    struct op *op = toy_op(&conf);
    memset(breakers, 0, sizeof(breakers));
    sms_send_code(op, "+989123456789", "12345", &r);
    ok(strncmp(toy.shared->request, "POST /v1/send/verify ", 21) == 0, "a code goes to SMS.ir");
    ok(strstr(toy.shared->request, "X-API-KEY: key/1\r\n"), "with its key");
    ok(strstr(toy.shared->request, "{\"mobile\":\"09123456789\",\"templateId\":100000,"
                                   "\"parameters\":[{\"name\":\"CODE\",\"value\":\"12345\"}]}"),
       "as JSON");
    sms_send_text(op, "+989123456789", "x", 1, &r);
    is_int(r.outcome, SMS_REFUSED, "a text without a line number is refused");
    toy_op_end(op);
    conf.sms_provider = "pigeon";
    op = toy_op(&conf);
    sms_send_code(op, "+989123456789", "12345", &r);
    is_int(r.outcome, SMS_REFUSED, "an unknown provider is refused");
    toy_op_end(op);
}

int main(void)
{
    net_breakers(breakers, 64);
    if (!ok(toy_open(&toy), "a server"))
        return done();
    const struct conf conf = toy_conf(&toy);
    struct op *op = toy_op(&conf);
    test_answers(op);
    test_unknown(op);
    test_not_sent(op);
    test_limits(op);
    test_retries(op);
    test_breaker(op);
    test_sms(op);
    toy_op_end(op);
    test_smsir(conf);
    toy_close(&toy);
    return done();
}
