/* Deaths of workers by the work in their hands. The names are gathered in shared memory as they
 * occur, so that whichever process is scraped can label METRIC_WORKER_DEATHS. The master counts,
 * all read. */
#ifndef PROC_DEATHS_H
#define PROC_DEATHS_H

#include <stdbool.h>

bool deaths_create(void); /* master, before forking; false with errno */
void deaths_count(const char *work);

#endif
