/* The shared list of names behind METRIC_WORKER_DEATHS. */
#include "proc/deaths.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/metrics.h"

#define NAMES_MAX 128 /* the last one takes what finds no room */
#define NAME_BYTES 64

struct names {
    _Atomic unsigned n; /* grows only, after its name is written */
    char name[NAMES_MAX][NAME_BYTES];
};

static struct names *names;

static const char *name_of(unsigned label)
{
    unsigned n = atomic_load_explicit(&names->n, memory_order_acquire);
    return label < n ? names->name[label] : NULL;
}

static unsigned label_of(const char *work)
{
    unsigned n = atomic_load_explicit(&names->n, memory_order_relaxed);
    for (unsigned i = 0; i < n; i++)
        if (strncmp(names->name[i], work, NAME_BYTES - 1) == 0)
            return i;
    if (n == NAMES_MAX)
        return NAMES_MAX - 1;
    snprintf(names->name[n], NAME_BYTES, "%s", n == NAMES_MAX - 1 ? "other" : work);
    atomic_store_explicit(&names->n, n + 1, memory_order_release);
    return n;
}

bool deaths_create(void)
{
    void *p = mmap(NULL, sizeof(*names), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return false;
    names = p;
    metrics_label_names(METRIC_WORKER_DEATHS, name_of);
    return true;
}

void deaths_count(const char *work)
{
    metrics_add(METRIC_WORKER_DEATHS, label_of(work), 1);
}
