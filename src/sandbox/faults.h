/* Faults by request: what shall go wrong, at which call, how often. Lock held in all functions. */
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum call {
    CALL_NONE,
    CALL_REQUEST,
    CALL_START,
    CALL_CALLBACK,
    CALL_WEBHOOK,
    CALL_VERIFY,
    CALL_INQUIRY,
    CALL_REFUND,
    CALL_REFUND_INQUIRY,
    CALL_SMS,
    CALL_MAIL,
    CALL_BANK, /* journalled only; the calls from here on take no faults */
    CALL_REPORT,
    CALL_COUNT,
};

const char *call_name(enum call call);

/* What the matching faults ask for together. 0 = nothing. All int64 because the table of kinds in
 * faults.c addresses them by offset. */
struct outcome {
    int64_t delay_ms;        /* act, then answer later; a delivery leaves later */
    int64_t delay_before_ms; /* act and answer later */
    int64_t http_status;     /* answer this without acting */
    int64_t result_code;     /* answer this result code without acting */
    int64_t reset_before;    /* close without acting */
    int64_t reset_after;     /* act, then close without an answer */
    int64_t garbage;         /* act, then answer something that is not JSON */
    int64_t amount_delta;    /* amounts in the answer are wrong by this many Rial */
    int64_t wrong_order;     /* the order id in the answer is another one */
    int64_t unknown_status;  /* the status in the answer */
    int64_t wrong_merchant;  /* the answer names another merchant */
    int64_t strings;         /* the numbers of the answer come as strings */
    int64_t nulls;           /* reference, card and time of the answer are null */
    int64_t copies;          /* deliver this many times */
    int64_t reorder_ms;      /* deliver after the next other delivery, or after so many ms */
    int64_t forged;          /* bad signature, or another session's numbers */
    int64_t stale;           /* timestamp this many seconds old */
    int64_t drop;            /* never deliver */
    int64_t bounce_ms;       /* the refund is accepted, and fails so much later */
    char names[160];         /* comma list for the journal */
};

/* Takes (and counts down) the faults for this call; track 0 and order NULL match only faults that
 * name none. True when there was any. */
bool faults_take(enum call call, int64_t track, const char *order, struct outcome *out);

/* NULL and a reason in *error when the description cannot be used; else the stored fault, owned by
 * the table. */
json_object *faults_add(json_object *description, const char **error);
json_object *faults_list(void); /* {items, kinds}; the caller puts it */
void faults_clear(int64_t id);  /* 0: all */

/* Applies garbage-free answer changes: from amount_delta to nulls. */
void outcome_bend(const struct outcome *o, json_object *answer);

#endif
