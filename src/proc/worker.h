/* What a forked process does to become a worker, and what it may ask afterwards. TERM asks it to
 * end: the handler sets a flag, calls the hook and has the signal repeated every second, because a
 * blocking accept can miss one. The master's death is a TERM too: work in hand may be finished.
 * Worker processes. */
#ifndef PROC_WORKER_H
#define PROC_WORKER_H

#include <stdbool.h>
#include <stddef.h>

struct supervisor;

/* Never returns: runs service `index` of the table in `slot` and exits with its value. Signals must
 * be blocked by the caller. */
_Noreturn void worker_run(const struct supervisor *s, size_t index, size_t slot, int master_pid);

/* Has TERM been asked for, or is the master gone? For loops that are not in accept (job
 * workers). */
bool worker_should_stop(void);
/* Sleeps up to ms or until TERM. */
void worker_sleep(int ms);
/* Called from the TERM handler: must be async-signal-safe (fcgi_shutdown). */
void worker_on_stop(void (*fn)(void));

/* From now on a failed assertion and a fatal signal leave their text in the slot before the process
 * dies of them, for the master's log. worker_run does it for every worker. */
void last_words_install(void);

#endif
