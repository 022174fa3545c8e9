/* Metrics. `metrics.def` is the table: one row a metric. Values live in shared memory handed over
 * once before forking: one block per worker slot, so that counting is a relaxed add and a respawned
 * worker goes on from its predecessor's figures; the scrape sums the blocks. Any process. */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

enum metric {
#define METRIC(id, name, kind, labels, help) METRIC_##id,
#include "core/metrics.def"
#undef METRIC
    METRIC_COUNT
};

/* Label values are small indexes fixed by the metric: route ids, status classes, error ids … */
#define METRIC_LABELS_MAX 256

size_t metrics_block_size(void);
void metrics_attach(void *blocks, size_t slots); /* master: the whole shared area, zeroed */
void metrics_use_slot(size_t slot);              /* worker: which block is mine */
void metrics_add(enum metric m, unsigned label, uint64_t n);
void metrics_set(enum metric m, unsigned label, uint64_t value); /* gauges */
void metrics_observe_us(enum metric m, unsigned label, uint64_t micros); /* histograms */
/* The text of label index i of metric m, installed by whoever knows it ("route" names …). */
void metrics_label_names(enum metric m, const char *(*name)(unsigned label));
void metrics_render(struct buf *out); /* Prometheus text 0.0.4 */

#endif
