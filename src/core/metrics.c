/* Counters, gauges and histograms in shared memory, and their Prometheus text. */
#include "core/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>

#define CACHE_LINE 64
#define HISTOGRAM_LABELS 8
#define BUCKETS 12

enum kind { COUNTER, GAUGE, HISTOGRAM };

struct description {
    const char *name;
    enum kind kind;
    const char *label; /* "" none */
    const char *help;
};

static const struct description metrics[METRIC_COUNT] = {
#define METRIC(id, name, kind, label, help) [METRIC_##id] = { name, kind, label, help },
#include "core/metrics.def"
#undef METRIC
};

/* Upper bounds of the buckets, in microseconds and as they are printed. */
static const struct {
    uint64_t us;
    const char *le;
} bounds[BUCKETS] = {
    { 500, "0.0005" },  { 1000, "0.001" },  { 2500, "0.0025" }, { 5000, "0.005" },
    { 10000, "0.01" },  { 25000, "0.025" }, { 50000, "0.05" },  { 100000, "0.1" },
    { 250000, "0.25" }, { 1000000, "1" },   { 3000000, "3" },   { 10000000, "10" },
};

/* One label of a histogram: observations per bucket, those above the last bound, their sum. */
enum { ABOVE = BUCKETS, SUM_US, HISTOGRAM_CELLS };

typedef _Atomic uint64_t cell;

static struct {
    char *blocks;
    size_t slots, slot;
    const char *(*names[METRIC_COUNT])(unsigned label);
} shared;

static unsigned labels_of(enum metric m)
{
    if (metrics[m].label[0] == '\0')
        return 1;
    return metrics[m].kind == HISTOGRAM ? HISTOGRAM_LABELS : METRIC_LABELS_MAX;
}

static size_t cells_of(enum metric m)
{
    return (size_t)labels_of(m) * (metrics[m].kind == HISTOGRAM ? HISTOGRAM_CELLS : 1);
}

/* Cells before metric m in a block; of METRIC_COUNT: all. */
static size_t offset_of(unsigned m)
{
    static size_t offsets[METRIC_COUNT + 1];
    if (offsets[METRIC_COUNT] == 0)
        for (unsigned i = 0; i < METRIC_COUNT; i++)
            offsets[i + 1] = offsets[i] + cells_of((enum metric)i);
    return offsets[m];
}

/* The first cell of a label; labels out of range share the last one. NULL before the attach. */
static cell *cell_at(size_t slot, enum metric m, unsigned label)
{
    if (!shared.blocks)
        return NULL;
    unsigned labels = labels_of(m);
    size_t width = metrics[m].kind == HISTOGRAM ? HISTOGRAM_CELLS : 1;
    cell *block = (cell *)(void *)(shared.blocks + slot * metrics_block_size());
    return block + offset_of(m) + (label < labels ? label : labels - 1) * width;
}

static void count(cell *c, uint64_t n)
{
    atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

static uint64_t total(enum metric m, unsigned label, unsigned part)
{
    uint64_t sum = 0;
    for (size_t slot = 0; slot < shared.slots; slot++)
        sum += atomic_load_explicit(cell_at(slot, m, label) + part, memory_order_relaxed);
    return sum;
}

static void add_escaped(struct buf *out, const char *text, bool quotes)
{
    for (; *text; text++) {
        if (*text == '\n')
            buf_str(out, "\\n");
        else if (*text == '\\' || (quotes && *text == '"'))
            buf_add(out, (char[]){ '\\', *text }, 2);
        else
            buf_char(out, *text);
    }
}

/* {label="value",le="…"}; nothing when there is neither. */
static void add_labels(struct buf *out, enum metric m, unsigned label, const char *le)
{
    bool labelled = metrics[m].label[0] != '\0';
    if (!labelled && !le)
        return;
    buf_char(out, '{');
    if (labelled) {
        const char *value = shared.names[m] ? shared.names[m](label) : NULL;
        buf_printf(out, "%s=\"", metrics[m].label);
        if (value)
            add_escaped(out, value, true);
        else
            buf_printf(out, "%u", label);
        buf_char(out, '"');
    }
    if (le)
        buf_printf(out, "%sle=\"%s\"", labelled ? "," : "", le);
    buf_char(out, '}');
}

static void add_value(struct buf *out, enum metric m, unsigned label)
{
    uint64_t value = total(m, label, 0);
    if (value == 0 && labels_of(m) > 1)
        return;
    buf_str(out, metrics[m].name);
    add_labels(out, m, label, NULL);
    buf_printf(out, " %" PRIu64 "\n", value);
}

static void add_histogram(struct buf *out, enum metric m, unsigned label)
{
    uint64_t below = 0, parts[HISTOGRAM_CELLS], all = 0;
    for (unsigned i = 0; i < HISTOGRAM_CELLS; i++)
        parts[i] = total(m, label, i);
    for (unsigned i = 0; i <= ABOVE; i++)
        all += parts[i];
    if (all == 0 && labels_of(m) > 1)
        return;
    for (unsigned i = 0; i <= ABOVE; i++) {
        below += parts[i];
        buf_printf(out, "%s_bucket", metrics[m].name);
        add_labels(out, m, label, i < ABOVE ? bounds[i].le : "+Inf");
        buf_printf(out, " %" PRIu64 "\n", below);
    }
    buf_printf(out, "%s_sum", metrics[m].name);
    add_labels(out, m, label, NULL);
    buf_printf(out, " %" PRIu64 ".%06u\n%s_count", parts[SUM_US] / 1000000,
               (unsigned)(parts[SUM_US] % 1000000), metrics[m].name);
    add_labels(out, m, label, NULL);
    buf_printf(out, " %" PRIu64 "\n", all);
}

size_t metrics_block_size(void)
{
    size_t bytes = offset_of(METRIC_COUNT) * sizeof(cell);
    return (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

void metrics_attach(void *blocks, size_t slots)
{
    shared.blocks = blocks;
    shared.slots = slots;
    shared.slot = 0;
}

void metrics_use_slot(size_t slot)
{
    shared.slot = slot < shared.slots ? slot : 0;
}

void metrics_add(enum metric m, unsigned label, uint64_t n)
{
    cell *c = cell_at(shared.slot, m, label);
    if (c)
        count(c, n);
}

void metrics_set(enum metric m, unsigned label, uint64_t value)
{
    cell *c = cell_at(0, m, label); /* said for all workers: the first block alone has it */
    if (c)
        atomic_store_explicit(c, value, memory_order_relaxed);
}

void metrics_observe_us(enum metric m, unsigned label, uint64_t micros)
{
    cell *c = cell_at(shared.slot, m, label);
    if (!c)
        return;
    unsigned bucket = 0;
    while (bucket < ABOVE && micros > bounds[bucket].us)
        bucket++;
    count(c + bucket, 1);
    count(c + SUM_US, micros);
}

void metrics_label_names(enum metric m, const char *(*name)(unsigned label))
{
    shared.names[m] = name;
}

void metrics_render(struct buf *out)
{
    static const char *const types[] = {
        [COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram"
    };
    if (!shared.blocks)
        return;
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        enum metric m = (enum metric)i;
        buf_printf(out, "# HELP %s ", metrics[m].name);
        add_escaped(out, metrics[m].help, false);
        buf_printf(out, "\n# TYPE %s %s\n", metrics[m].name, types[metrics[m].kind]);
        for (unsigned label = 0; label < labels_of(m); label++) {
            if (metrics[m].kind == HISTOGRAM)
                add_histogram(out, m, label);
            else
                add_value(out, m, label);
        }
    }
}
