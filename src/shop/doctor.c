/* Proving that the shop adds up. */
#include "shop/doctor.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/view.h"
#include "db/db.h"
#include "shop/fsm.h"

#define SHOWN_ROWS 20

enum weight { WEIGHT_FAULT, WEIGHT_WARNING };

static const struct check {
    const char *id;
    enum weight weight;
    enum query query;
    const char *title, *remedy;
} checks[] = {
#define CHECK(id, weight, query, title, remedy) { #id, WEIGHT_##weight, query, title, remedy },
#include "shop/doctor.def"
#undef CHECK
};

static enum err prove_machines(struct op *op, struct view *rows, const char **note)
{
    (void)note;
    const char *why = NULL;
    if (!fsm_check(op, &why))
        doctor_found(rows, "table transitions", why);
    return op->err->code;
}

static const struct doctor_proof own_proofs[] = {
    { .id = "machines", .title = "The state machines in the database are those of this program", .remedy = "Run: tarazu migrate.",
      .run = prove_machines },
};

struct report {
    struct op *op;
    bool json;
    struct view *list;
    int faults, warnings;
};

void doctor_found(struct view *rows, const char *what, const char *detail)
{
    struct view *row = view_append(rows);
    view_text(row, "what", what);
    view_text(row, "detail", detail);
}

static void print_rows(const struct view *rows, const char *remedy)
{
    size_t n = view_count(rows);
    for (size_t i = 0; i < n && i < SHOWN_ROWS; i++) {
        const struct view *row = view_at(rows, i);
        printf("         %s: %s\n", view_get_text(row, "what"), view_get_text(row, "detail"));
    }
    if (n > SHOWN_ROWS)
        printf("         and %zu more\n", n - SHOWN_ROWS);
    printf("         What to do: %s\n", remedy);
}

/* An entry of the report, with its rows still to come. */
static struct view *entry(struct report *r, const char *id, enum weight weight, const char *title, const char *remedy)
{
    struct view *v = view_append(r->list);
    view_text(v, "id", id);
    view_text(v, "weight", weight == WEIGHT_FAULT ? "fault" : "warning");
    view_text(v, "title", title);
    view_text(v, "remedy", remedy);
    return v;
}

static void close_entry(struct report *r, struct view *v, enum weight weight)
{
    struct view *rows = view_get(v, "rows");
    bool well = view_count(rows) == 0, fault = weight == WEIGHT_FAULT;
    view_bool(v, "ok", well);
    r->faults += !well && fault;
    r->warnings += !well && !fault;
    if (r->json)
        return;
    const char *note = view_get_text(v, "note");
    printf("%-7s  %s%s%s%s\n", well ? "ok" : fault ? "FAULT" : "warning", view_get_text(v, "title"), note ? " (" : "",
           note ? note : "", note ? ")" : "");
    if (!well)
        print_rows(rows, view_get_text(v, "remedy"));
}

static enum err run_check(struct report *r, const struct check *c)
{
    struct rows found;
    struct view *v = entry(r, c->id, c->weight, c->title, c->remedy), *rows = view_array(v, "rows");
    TRY(db_query_params(r->op, &found, c->query, NULL, 0));
    for (int i = 0; i < found.count; i++)
        doctor_found(rows, row_text(&found, i, "what"), row_text(&found, i, "detail"));
    close_entry(r, v, c->weight);
    return ERR_OK;
}

static enum err run_proof(struct report *r, const struct doctor_proof *p)
{
    enum weight weight = p->warning ? WEIGHT_WARNING : WEIGHT_FAULT;
    struct view *v = entry(r, p->id, weight, p->title, p->remedy), *rows = view_array(v, "rows");
    const char *note = NULL;
    TRY(p->run(r->op, rows, &note));
    if (note)
        view_text(v, "note", note);
    close_entry(r, v, weight);
    return ERR_OK;
}

static enum err run_all(struct report *r, const struct doctor_proof *more, size_t more_count)
{
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        TRY(run_check(r, &checks[i]));
    for (size_t i = 0; i < sizeof(own_proofs) / sizeof(own_proofs[0]); i++)
        TRY(run_proof(r, &own_proofs[i]));
    for (size_t i = 0; i < more_count; i++)
        TRY(run_proof(r, &more[i]));
    return ERR_OK;
}

/* One transaction, so that all proofs see the same moment. */
static enum err examine(struct report *r, const struct doctor_proof *more, size_t more_count, const char **at)
{
    struct rows now;
    TRY(db_exec(r->op, Q_DOCTOR_BEGIN));
    TRY(db_exec(r->op, Q_DOCTOR_PATIENCE));
    TRY(db_query(r->op, &now, Q_DOCTOR_NOW));
    *at = row_text(&now, 0, "at");
    TRY(run_all(r, more, more_count));
    return db_exec(r->op, Q_TX_COMMIT);
}

static void conclude(const struct report *r, struct view *root, const char *at)
{
    if (r->json) {
        view_text(root, "checked_at", at);
        view_bool(root, "ok", r->faults == 0);
        view_int(root, "faults", r->faults);
        view_int(root, "warnings", r->warnings);
        puts(view_serialize(r->op->arena, root));
        return;
    }
    if (r->faults == 0)
        printf("\nAll is well at %s: %zu proofs hold", at, view_count(r->list) - (size_t)r->warnings);
    else
        printf("\n%d of %zu proofs failed at %s", r->faults, view_count(r->list), at);
    if (r->warnings)
        printf(", %d warnings", r->warnings);
    puts(".");
}

int doctor_main(struct op *op, int argc, char **argv, const struct doctor_proof *more, size_t more_count)
{
    struct view *root = view_new(op->arena);
    struct report r = { .op = op, .list = view_array(root, "checks") };
    const char *at = "";
    r.json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !r.json) {
        fputs("usage: tarazu doctor [--json]\n", stderr);
        return 2;
    }
    enum err e = examine(&r, more, more_count, &at);
    if (e) {
        fflush(stdout);
        fprintf(stderr, "tarazu doctor: could not check: %s\n", op->err->internal ? op->err->internal : err_title(e, LANG_EN));
        return 2;
    }
    conclude(&r, root, at);
    return r.faults ? 1 : 0;
}
