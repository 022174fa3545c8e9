/* Background work: any job worker of any replica takes the next due job or schedule, row by row, with
 * SKIP LOCKED. A job is claimed (attempt + 1, locked for a while), committed, worked on outside any
 * transaction, and finished with its attempt as the fence. After the last attempt it is dead and on
 * the staff's page. Job processes. */
#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct str;
struct view;

/* The payload as it was queued, and `job_id`. */
typedef enum err job_handler(struct op *op, const struct view *payload);

enum job_lane { LANE_OWN, LANE_CODE, LANE_SMS, LANE_MAIL, LANE_BANK };

struct job_kind {
    const char *name;
    job_handler *run;
    int attempts, backoff_seconds, period_seconds;
    enum job_lane lane;
};

/* Which of a replica's job workers one is: the first, of so many. */
struct job_place {
    int rank, of;
};

extern const struct job_kind job_kinds[];
extern const unsigned job_kind_count;
const char *job_kind_name(unsigned i); /* NULL when out of range */

/* One round: makes jobs of due schedules, then works on at most one job, codes before all else. *worked
 * tells whether there was one. The first worker leaves bank and mail to the others, the second SMS (and
 * mail, when there is a third): no provider that hangs can hold up what waits for another. `op` is the
 * worker's, its arena is reset by the caller. */
enum err jobs_round(struct op *op, struct job_place place, bool *worked) MUST_CHECK;
/* Who wants to know what is being worked on: called with the index of the kind as each job begins. */
void jobs_announce(void (*begun)(int kind, const char *request_id));
/* Migrate: schedules in the database follow jobs.def. */
enum err jobs_sync(struct op *op) MUST_CHECK;

/* The handlers that jobs.def names. */
#define JOB(kind, handler, attempts, backoff, period, lane) job_handler handler;
#include "jobs/jobs.def"
#undef JOB
/* Message templates for the handlers that write to people; process lifetime. */
struct templates;
void job_messages_use(const struct templates *templates);
/* A message of web/templates/messages in the language of `op`. */
enum err job_message_text(struct op *op, const char *message, const struct view *context, struct str *text) MUST_CHECK;

#endif
