/* Metrics of several processes in one text; trace headers. */
#include "core/metrics.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/trace.h"
#include "tap.h"

#define SLOTS 3

static const char *route_name(unsigned label)
{
    return label == 2 ? "a\"b\\c\nd" : label == 3 ? "products" : NULL;
}

static const char *render(struct arena *a)
{
    struct buf b;
    buf_init(&b, a, 0);
    metrics_render(&b);
    return buf_text(&b);
}

static void test_counters(struct arena *a)
{
    metrics_label_names(METRIC_REQUESTS, route_name);
    metrics_use_slot(1);
    metrics_add(METRIC_REQUESTS, 3, 2);
    metrics_use_slot(2);
    metrics_add(METRIC_REQUESTS, 3, 5);
    metrics_add(METRIC_REQUESTS, 2, 1);
    metrics_add(METRIC_REQUESTS, 9, 1);
    metrics_add(METRIC_REQUESTS, METRIC_LABELS_MAX + 50, 1);
    metrics_add(METRIC_CACHE_HITS, 7, 4);
    const char *text = render(a);
    ok(strstr(text, "# HELP tarazu_requests_total Requests answered, by route.\n"
                    "# TYPE tarazu_requests_total counter\n") != NULL, "help and type");
    ok(strstr(text, "\ntarazu_requests_total{route=\"products\"} 7\n") != NULL, "slots are summed");
    ok(strstr(text, "\ntarazu_requests_total{route=\"a\\\"b\\\\c\\nd\"} 1\n") != NULL, "escaping");
    ok(strstr(text, "\ntarazu_requests_total{route=\"9\"} 1\n") != NULL, "a label without a name");
    ok(strstr(text, "\ntarazu_requests_total{route=\"255\"} 1\n") != NULL, "beyond the last label");
    ok(!strstr(text, "{route=\"4\"}"), "labels that never counted are not printed");
    ok(strstr(text, "\ntarazu_cache_hits_total 4\n") != NULL, "without labels");
    ok(strstr(text, "\ntarazu_cache_misses_total 0\n") != NULL, "zero without labels is printed");
}

static void test_gauge(struct arena *a)
{
    metrics_use_slot(2);
    metrics_set(METRIC_BREAKER_OPEN, 0, 1);
    ok(strstr(render(a), "\ntarazu_breaker_open{host=\"0\"} 1\n") != NULL, "a gauge");
    metrics_use_slot(1);
    metrics_set(METRIC_BREAKER_OPEN, 0, 1);
    ok(strstr(render(a), "\ntarazu_breaker_open{host=\"0\"} 1\n") != NULL,
       "said by two workers it is still 1");
    metrics_set(METRIC_BREAKER_OPEN, 0, 0);
    ok(!strstr(render(a), "\ntarazu_breaker_open{"), "and the last word counts");
}

static void test_histogram(struct arena *a)
{
    metrics_observe_us(METRIC_REQUEST_TIME, 1, 500);
    metrics_observe_us(METRIC_REQUEST_TIME, 1, 501);
    metrics_observe_us(METRIC_REQUEST_TIME, 1, 20000000);
    const char *text = render(a);
    ok(strstr(text, "tarazu_request_duration_seconds_bucket{pool=\"1\",le=\"0.0005\"} 1\n") != NULL,
       "a bound belongs to its bucket");
    ok(strstr(text, "tarazu_request_duration_seconds_bucket{pool=\"1\",le=\"0.001\"} 2\n") != NULL,
       "buckets add up");
    ok(strstr(text, "tarazu_request_duration_seconds_bucket{pool=\"1\",le=\"10\"} 2\n") != NULL,
       "the last bound");
    ok(strstr(text, "tarazu_request_duration_seconds_bucket{pool=\"1\",le=\"+Inf\"} 3\n") != NULL,
       "all");
    ok(strstr(text, "tarazu_request_duration_seconds_sum{pool=\"1\"} 20.001001\n") != NULL, "sum");
    ok(strstr(text, "tarazu_request_duration_seconds_count{pool=\"1\"} 3\n") != NULL, "count");
    ok(!strstr(text, "{pool=\"0\""), "a label without observations");
}

/* Two processes in one slot, as when a worker is replaced while its predecessor drains. */
static void test_processes(struct arena *a)
{
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            metrics_use_slot(1);
            for (int n = 0; n < 100000; n++)
                metrics_add(METRIC_ORDERS_PLACED, 0, 1);
            _exit(0);
        }
    while (wait(NULL) > 0)
        continue;
    ok(strstr(render(a), "\ntarazu_orders_placed_total 200000\n") != NULL, "no count is lost");
}

static void test_trace(void)
{
    struct trace t;
    char header[56];
    trace_start(&t, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    is_str(t.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736", "the caller's trace is joined");
    is_str(t.parent_id, "00f067aa0ba902b7", "its span is the parent");
    ok(t.sampled && strlen(t.span_id) == 16 && strcmp(t.span_id, t.parent_id) != 0, "own span");
    trace_header(&t, header);
    ok(strlen(header) == 55 && strncmp(header, "00-4bf92f3577b34da6a3ce929d0e0e4736-", 36) == 0 &&
           strncmp(header + 36, t.span_id, 16) == 0 && strcmp(header + 52, "-01") == 0,
       "%s", header);
    struct trace next;
    trace_start(&next, header);
    is_str(next.parent_id, t.span_id, "what goes out can be joined");
    trace_start(&t, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
    ok(!t.sampled, "not sampled");
    static const char *const bad[] = {
        NULL,
        "",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        trace_start(&t, bad[i]);
        ok(t.sampled && t.parent_id[0] == '\0' && strlen(t.trace_id) == 32 &&
               strcmp(t.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736") != 0, "new trace %zu", i);
    }
}

int main(void)
{
    struct arena *a = arena_create("test");
    metrics_add(METRIC_REQUESTS, 0, 1); /* before the attach: counted nowhere */
    is_str(render(a), "", "nothing to render before the attach");
    ok(metrics_block_size() % 64 == 0, "blocks do not share cache lines");
    void *area = mmap(NULL, metrics_block_size() * SLOTS, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    metrics_attach(area, SLOTS);
    test_counters(a);
    test_gauge(a);
    test_histogram(a);
    test_processes(a);
    test_trace();
    munmap(area, metrics_block_size() * SLOTS);
    arena_destroy(a);
    return done();
}
