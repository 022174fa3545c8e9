/* One piece of work: a request, a job or a command. Every domain function takes it first. It carries
 * the memory, the error details, the database connection and who asks, so that the layers below
 * HTTP need to know nothing of HTTP. Owned by whoever starts the work; lives as long as its arena. */
#ifndef CORE_OP_H
#define CORE_OP_H

#include <stdint.h>

#include "core/lang.h"

struct arena;
struct db;
struct net;
struct errinfo;
struct conf;
struct view;

enum actor_kind { ACTOR_NOBODY, ACTOR_CUSTOMER, ACTOR_STAFF, ACTOR_SYSTEM };

struct actor {
    enum actor_kind kind;
    int64_t id;       /* customers.id or staff.id; 0 for nobody and the system */
    const char *name; /* for the audit trail: "customer", staff user name, job kind */
};

struct op {
    struct arena *arena;
    struct errinfo *err;
    struct db *db;
    struct net *net;
    const struct conf *conf;
    struct actor actor;
    enum lang lang;
    const char *request_id; /* request id, or the job's; for logs, events and traces */
    const char *client;     /* network address of the client, "" for jobs */
};

#endif
