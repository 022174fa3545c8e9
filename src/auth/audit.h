/* The audit log: what staff and the system did, and to what. Rows are only ever inserted (by
 * privilege and by trigger). A sealing job chains what has certainly committed: each seal is a keyed
 * hash over the seal before it and the row, so `tarazu doctor` can name the first row that was
 * changed or is missing. Any process but the master. */
#ifndef AUTH_AUDIT_H
#define AUTH_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct view;

/* Queues the row; in the transaction of what it tells of. `action` "staff.add", `target` "staff:3";
 * before and after may be NULL. No secrets in either. */
void audit_write(struct op *op, const char *action, const char *target, const struct view *before,
                 const struct view *after);

/* Job "audit_seal": seals up to about `most` rows, some hundred a transaction, one sealer at a time;
 * *sealed tells how many. */
enum err audit_seal(struct op *op, int64_t most, int64_t *sealed) MUST_CHECK;

struct audit_report {
    int64_t rows, sealed;        /* in the log; covered by a seal that holds */
    int64_t unknown_key;         /* sealed under a master secret that is gone */
    int64_t first_bad;           /* audit_log.id changed, missing or out of place; 0: none */
    int64_t first_late;          /* audit_log.id dated an hour or more before a row sealed ahead of it:
                                    put in later by somebody with the whole database; 0: none */
    int64_t overdue;             /* audit_log.id without a seal for ten minutes; 0: none */
    int64_t newest_age;          /* seconds since the newest seal; -1: no seal */
    int64_t waiting;             /* rows without a seal */
};
/* Walks the whole chain. */
enum err audit_check(struct op *op, struct audit_report *out) MUST_CHECK;

struct audit_filter {
    const char *actor, *action, *target; /* NULL: any; action: the beginning of its name */
    int64_t from, to;                    /* a moment of the first and of the last day (Tehran); INT64_MIN: open */
};
/* A page of the log, newest first: {items: [{id, at, actor, action, target, before, after,
 * request_id, client}], next}. `below` 0: from the newest. */
enum err audit_list(struct op *op, const struct audit_filter *filter, int64_t below, int64_t limit,
                    struct view *out) MUST_CHECK;

#endif
