/* Work on what strangers sent, or with libraries that are large: a function runs in a forked child that
 * keeps nothing of the worker's but one pipe, within limits of time, memory and files, and whose only
 * way to answer is that pipe. The child ends by itself: it has an alarm and a limit of processor time.
 * Web processes and commands. */
#ifndef CORE_CHILD_H
#define CORE_CHILD_H

#include <stddef.h>

#include "core/err.h"
#include "core/str.h"

struct op;

struct child_limits {
    int cpu_seconds, wall_seconds;
    size_t memory;  /* bytes of address space; not with the sanitizer, whose shadow is larger */
    int files;      /* descriptors it may have besides the pipe; 0: it cannot open any */
    size_t written; /* bytes a file may grow to, memory files included */
    bool threads;   /* may make threads and processes */
};

/* Runs in the child, writes its answer with child_write, returns the exit status. */
typedef int child_work(void *arg);

/* Everything the child wrote goes into `answer` when it ended well (status 0, at most `most` bytes);
 * answer->p is NULL when it did not. An error only when no child could be made. Not inside an open
 * transaction. */
enum err child_run(struct op *op, const struct child_limits *limits, child_work *work, void *arg, size_t most,
                   struct str *answer) MUST_CHECK;
/* In the child: all of it, or the child ends. */
void child_write(const void *p, size_t n);

#endif
