/* The bank's own book: one entry per call and per delivery, with what it changed. In memory for
 * GET /bank/journal, and as DIR/journal.jsonl, where an entry also carries the whole payment or
 * message it changed, so that a restart finds everything again. */
#ifndef SANDBOX_JOURNAL_H
#define SANDBOX_JOURNAL_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct payment;

struct effect {
    const char *kind; /* "none", "created", "paid", "captured", "refunded", …; a literal */
    int64_t amount;   /* Rial; 0 where no money is meant */
};

struct entry {
    const char *call;
    int64_t track;          /* 0: no payment is meant */
    json_object *request;   /* owned by the caller, without secrets; may be NULL */
    json_object *result;    /* owned by the caller; may be NULL */
    const char *faults;     /* comma list or "" */
    struct effect effect;
    const struct payment *payment; /* changed by this call, or NULL */
    json_object *messages;         /* list put into the inbox by this call, or NULL; the caller's */
};

/* Lock held. Returns the line for the file; the caller gives it to journal_write() after unlocking.
 */
char *journal_add(const struct entry *e);
void journal_write(char *line); /* no lock; frees the line */

/* Opens DIR/journal.jsonl and takes up what it says. Before any thread starts. */
bool journal_open(const char *state_dir);

/* Lock held. Entries oldest first as a JSON array text; track 0 = all, limit 0 = all. The caller
 * frees. */
char *journal_list(int64_t track, int64_t after_seq, int64_t limit);

#endif
