/* What a worker holds for its whole life: connections, tables, templates. Made after the fork. */
#ifndef ROUTES_APP_H
#define ROUTES_APP_H

#include <stddef.h>

#include "db/db.h"
#include "http/router.h"

struct arena;
struct conf;
struct request;
struct templates;
struct view;

struct app {
    struct arena *process;
    const struct conf *conf;
    struct db *db;
    struct net *net;
    struct router *router;
    struct templates *templates;
    enum pool pool;
};

/* The table of routes.def. */
extern const struct route routes_table[];
extern const size_t routes_count;
const char *routes_name(unsigned id); /* NULL when out of range */

/* Runs in a worker until it should end; the exit status. */
int app_serve(struct app *app, int listen_fd);
/* The page-wide part of a template's context. */
void app_chrome(struct request *req, struct view *context);

#endif
