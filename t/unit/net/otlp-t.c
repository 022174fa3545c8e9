/* Spans from the shared ring to a collector. */
#include "net/otlp.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/breaker.h"
#include "core/log.h"
#include "core/metrics.h"
#include "net/net.h"
#include "net/toy.h"
#include "tap.h"

#define START_US INT64_C(1795411140000001)

static struct toy toy;
static struct breaker_state breakers[64];
static const struct trace trace = { "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331",
                                    "00f067aa0ba902b7", true };

static void *shared(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void put(const char *name, int status)
{
    spans_put(&trace, SPAN_SERVER, name, "web", "req-1", START_US, START_US + 250000, status);
}

static bool metric_is(struct op *op, const char *line)
{
    struct buf b;
    buf_init(&b, op->arena, 4096);
    metrics_render(&b);
    return strstr(buf_text(&b), line) != NULL;
}

static void test_ring(struct op *op)
{
    static struct span out[SPANS_MAX];
    struct trace unsampled = trace;
    unsampled.sampled = false;
    spans_put(&unsampled, SPAN_SERVER, "x", "web", "r", 0, 1, 200);
    is_int((int64_t)spans_take(out, SPANS_MAX), 0, "what is not sampled is not kept");
    for (int i = 0; i < SPANS_MAX + 7; i++)
        put(i % 2 ? "odd" : "even", i);
    ok(metric_is(op, "tarazu_trace_spans_dropped_total 7\n"), "what finds no room is counted");
    is_int((int64_t)spans_take(out, 3), 3, "some are taken");
    ok(out[0].status == 0 && out[2].status == 2, "the oldest first");
    put("a name that is much longer than the sixty-three bytes it may have, یک نام", 1);
    is_int((int64_t)spans_take(out, SPANS_MAX), SPANS_MAX - 2, "then the others");
    is_str(out[SPANS_MAX - 4].name, "odd", "in order");
    is_int((int64_t)strlen(out[SPANS_MAX - 3].name), 63, "a long name is cut");
}

static void test_killed_writer(void)
{
    static struct span out[SPANS_MAX];
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        for (;;) {
            put("loop", 200);
            spans_take(out, 1);
        }
    for (int i = 0; i < 1000; i++)
        put("mine", 200);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    while (spans_take(out, SPANS_MAX) > 0)
        continue;
    put("after", 200);
    is_int((int64_t)spans_take(out, SPANS_MAX), 1, "the ring works after the kill of a user");
    is_str(out[0].name, "after", "with the right span");
}

static void test_export(struct op *op)
{
    put("product.show", 200);
    put("order.place", 503);
    ok(!otlp_export(op), "a small batch is the last one");
    const char *r = toy.shared->request;
    ok(strncmp(r, "POST /v1/traces ", 16) == 0, "spans are posted");
    ok(strstr(r, "Content-Type: application/json\r\n"), "as JSON");
    ok(strstr(r, "\"service.name\",\"value\":{\"stringValue\":\"tarazu\"}"), "with the service");
    ok(strstr(r, "{\"traceId\":\"0af7651916cd43dd8448eb211c80319c\","
                 "\"spanId\":\"b7ad6b7169203331\","
                 "\"parentSpanId\":\"00f067aa0ba902b7\",\"name\":\"product.show\",\"kind\":2,"
                 "\"startTimeUnixNano\":\"1795411140000001000\","
                 "\"endTimeUnixNano\":\"1795411140250001000\""),
       "ids in hex, times as decimal texts, kind as a number");
    ok(strstr(r, "status_code\",\"value\":{\"intValue\":\"503\"}"), "with its status");
    ok(strstr(r, "\"status\":{\"code\":2}"), "an error is marked");
    ok(metric_is(op, "tarazu_trace_spans_sent_total 2\n"), "what was taken is counted");
    ok(!otlp_export(op), "nothing more");
}

int main(void)
{
    const size_t slots = 1;
    metrics_attach(shared(slots * metrics_block_size()), slots);
    metrics_use_slot(0);
    net_breakers(breakers, 64);
    log_open("/dev/null", LOG_ERROR);
    if (!ok(toy_open(&toy), "a server") || !ok(spans_attach(shared(spans_area_size())), "a ring"))
        return done();
    struct conf conf = toy_conf(&toy);
    struct op *op = toy_op(&conf);
    put("nobody sends it", 200);
    ok(!otlp_export(op), "without trace.url nothing is sent");
    toy_op_end(op);
    char url[80];
    snprintf(url, sizeof(url), "https://localhost:%d/v1/traces", toy.port);
    conf.trace_url = url;
    op = toy_op(&conf);
    test_ring(op);
    test_killed_writer();
    test_export(op);
    toy_op_end(op);

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1/traces", toy.closed_port);
    op = toy_op(&conf);
    put("lost", 200);
    ok(!otlp_export(op), "a collector that is away");
    ok(metric_is(op, "tarazu_trace_spans_sent_total 2\n"), "takes nothing");
    struct span out;
    is_int((int64_t)spans_take(&out, 1), 0, "and the spans are given up");
    toy_op_end(op);
    toy_close(&toy);
    return done();
}
