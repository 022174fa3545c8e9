/* The program: a table of subcommands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/audit.h"
#include "auth/staff.h"
#include "core/arena.h"
#include "core/conf.h"
#include "core/log.h"
#include "db/db.h"
#include "db/migrate.h"
#include "http/render.h"
#include "jobs/jobs.h"
#include "net/net.h"
#include "routes/describe.h"
#include "serve.h"
#include "shop/doctor.h"
#include "shop/fsm.h"
#include "shop/gateway_check.h"
#include "shop/import.h"

struct call {
    struct arena *arena;
    const struct conf *conf;
    struct op *op; /* with a connection in the command's role */
};

typedef int command_fn(struct call *c, int argc, char **argv);

static int failed(const struct op *op, enum err e)
{
    fprintf(stderr, "tarazu: %s\n", op->err->internal ? op->err->internal
            : op->err->detail                          ? op->err->detail
                                                       : err_title(e, LANG_EN));
    return 1;
}

static int run_serve(struct call *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return serve_main(c->arena, c->conf);
}

static int run_migrate(struct call *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    enum err e = migrate_run(c->op, c->conf->sql_dir);
    if (!e)
        e = fsm_sync(c->op);
    if (!e)
        e = jobs_sync(c->op);
    return e ? failed(c->op, e) : 0;
}

static const char *audit_row(struct op *op, int64_t id)
{
    return arena_printf(op->arena, "audit log row %lld", (long long)id);
}

static enum err prove_audit(struct op *op, struct view *rows, const char **note)
{
    struct audit_report report;
    TRY(audit_check(op, &report));
    if (report.first_bad)
        doctor_found(rows, audit_row(op, report.first_bad), "was changed, is missing or out of place; everything before it holds");
    *note = report.newest_age < 0 ? arena_printf(op->arena, "nothing is sealed yet, %lld wait", (long long)report.waiting)
        : arena_printf(op->arena, "%lld rows sealed, %lld wait; the newest seal is %lld seconds old", (long long)report.sealed,
                       (long long)report.waiting, (long long)report.newest_age);
    return ERR_OK;
}

static enum err prove_audit_order(struct op *op, struct view *rows, const char **note)
{
    struct audit_report report;
    (void)note;
    TRY(audit_check(op, &report));
    if (report.first_late)
        doctor_found(rows, audit_row(op, report.first_late), "bears a time an hour or more before a row that was sealed ahead of it");
    if (report.overdue)
        doctor_found(rows, audit_row(op, report.overdue), "has been waiting for its seal for more than ten minutes");
    return ERR_OK;
}

static enum err prove_audit_keys(struct op *op, struct view *rows, const char **note)
{
    struct audit_report report;
    (void)note;
    TRY(audit_check(op, &report));
    if (report.unknown_key)
        doctor_found(rows, "audit log", arena_printf(op->arena, "%lld rows are sealed under a key that is not configured",
                                                     (long long)report.unknown_key));
    return ERR_OK;
}

static int run_doctor(struct call *c, int argc, char **argv)
{
    static const struct doctor_proof audit[] = {
        { .id = "audit", .title = "The audit log is the one that was sealed", .run = prove_audit,
          .remedy = "Somebody changed the log: compare it with a backup." },
        { .id = "audit_order", .title = "Rows of the audit log were sealed soon after they were written", .run = prove_audit_order,
          .warning = true, .remedy = "Either no job ran for a while, or somebody put the row in later: compare it with a backup." },
        { .id = "audit_keys", .title = "Every seal of the audit log can be tested", .run = prove_audit_keys, .warning = true,
          .remedy = "Seals older than the last two master secrets cannot be tested; if there was no such change, somebody forged them." },
    };
    return doctor_main(c->op, argc, argv, audit, sizeof(audit) / sizeof(audit[0]));
}

static int run_routes(struct call *c, int argc, char **argv)
{
    (void)c;
    return routes_main(argc, argv);
}

static int run_openapi(struct call *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return openapi_main(c->arena);
}

static int run_fsm(struct call *c, int argc, char **argv)
{
    (void)c;
    return fsm_main(argc, argv);
}

static int run_conf(struct call *c, int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--markdown") == 0)
        conf_print_markdown();
    else if (argc == 1)
        conf_print(c->conf);
    return argc > 2;
}

static int run_staff(struct call *c, int argc, char **argv)
{
    return staff_main(c->op, argc, argv);
}

static int run_import(struct call *c, int argc, char **argv)
{
    return import_main(c->op, argc, argv);
}

static int run_render(struct call *c, int argc, char **argv)
{
    return render_main(c->conf, argc, argv);
}

static int run_gateway_check(struct call *c, int argc, char **argv)
{
    c->op->net = net_open(c->arena, c->conf);
    return gateway_check_main(c->op, argc, argv);
}

enum needs { NEEDS_NOTHING, NEEDS_CONF, NEEDS_DB };

static const struct command {
    const char *name;
    command_fn *run;
    enum needs needs;
    enum db_role role;
    const char *help;
} commands[] = {
    { "serve", run_serve, NEEDS_CONF, DB_WEB, "run a replica of the shop" },
    { "migrate", run_migrate, NEEDS_DB, DB_OWNER, "bring the database to this program's schema" },
    { "doctor", run_doctor, NEEDS_DB, DB_READONLY, "prove that stock, coupons and money add up" },
    { "import", run_import, NEEDS_DB, DB_WEB, "import FILE.json: products, coupons, shipping, settings" },
    { "staff", run_staff, NEEDS_DB, DB_WEB, "add, list, disable or reset staff accounts" },
    { "conf", run_conf, NEEDS_CONF, DB_WEB, "print and check the configuration [--check | --markdown]" },
    { "gateway-check", run_gateway_check, NEEDS_CONF, DB_WEB, "make one payment by hand at the configured bank" },
    { "routes", run_routes, NEEDS_NOTHING, DB_WEB, "print the route table [--json]" },
    { "openapi", run_openapi, NEEDS_NOTHING, DB_WEB, "print the OpenAPI 3.1 description" },
    { "fsm", run_fsm, NEEDS_NOTHING, DB_WEB, "print the state machines [--json | --mermaid]" },
    { "render", run_render, NEEDS_NOTHING, DB_WEB, "render TEMPLATE DATA.json [PARTIALS_DIR]" },
};

static int usage(void)
{
    fprintf(stderr, "usage: tarazu [--config FILE] COMMAND …\n\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        fprintf(stderr, "  %-13s %s\n", commands[i].name, commands[i].help);
    return 2;
}

static int run(const struct command *command, const char *path, int argc, char **argv)
{
    struct arena *a = arena_create("process");
    struct errinfo info = { 0 };
    struct op op = { .arena = a, .err = &info, .client = "", .request_id = command->name,
                     .actor = { .kind = ACTOR_SYSTEM, .name = command->name } };
    struct call call = { .arena = a, .op = &op };
    const char *error = NULL;
    call.conf = op.conf = conf_load(a, path, &error);
    if (!call.conf && command->needs != NEEDS_NOTHING) {
        fprintf(stderr, "tarazu: %s\n", error);
        return 2;
    }
    bool serve = command->run == run_serve;
    if (call.conf && !log_open(serve ? call.conf->log_file : NULL, log_level_parse(call.conf->log_level))) {
        fprintf(stderr, "tarazu: cannot write the log %s\n", call.conf->log_file);
        return 2;
    }
    if (command->needs == NEEDS_DB)
        op.db = db_open(a, call.conf->db_dsn, command->role);
    int status = command->run(&call, argc, argv);
    arena_destroy(a);
    return status;
}

int main(int argc, char **argv)
{
    const char *path = getenv("TARAZU_CONFIG");
    int at = 1;
    if (argc > 2 && strcmp(argv[1], "--config") == 0) {
        path = argv[2];
        at = 3;
    }
    for (size_t i = 0; at < argc && i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(commands[i].name, argv[at]) == 0)
            return run(&commands[i], path ? path : "/etc/tarazu/tarazu.conf", argc - at, argv + at);
    return usage();
}
