/* The state machines: their rows, and that the database holds the same. */
#include "shop/fsm.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "db/lock.h"
#include "db/tx.h"

#define NOBODY (1u << ACTOR_NOBODY)
#define CUSTOMER (1u << ACTOR_CUSTOMER)
#define STAFF (1u << ACTOR_STAFF)
#define SYSTEM (1u << ACTOR_SYSTEM)
#define TRANSITION(from, event, to, actors, guard, effect) { #from, #event, #to, actors, #guard, effect },

static struct transition order_rows[] = {
#include "shop/order_fsm.def"
};
static struct transition payment_rows[] = {
#include "shop/payment_fsm.def"
};
static struct transition refund_rows[] = {
#include "shop/refund_fsm.def"
};
static struct transition shipment_rows[] = {
#include "shop/shipment_fsm.def"
};
static struct transition return_rows[] = {
#include "shop/returns_fsm.def"
};
#undef TRANSITION

#define ROWS(rows) { rows, sizeof(rows) / sizeof((rows)[0]) }
static const struct {
    const char *name;
    struct {
        struct transition *list;
        size_t n;
    } rows;
} machines[MACHINE_COUNT] = {
    [MACHINE_ORDER] = { "order", ROWS(order_rows) },
    [MACHINE_PAYMENT] = { "payment", ROWS(payment_rows) },
    [MACHINE_REFUND] = { "refund", ROWS(refund_rows) },
    [MACHINE_SHIPMENT] = { "shipment", ROWS(shipment_rows) },
    [MACHINE_RETURN] = { "return", ROWS(return_rows) },
};

/* The tables are written in capitals (they are macro cells); everywhere else names are lower case. */
static const char *lower(const char *s, char *store, size_t size)
{
    size_t n = 0;
    if (strcmp(s, "NONE") == 0 || strcmp(s, "none") == 0)
        return "";
    for (; s[n] && n + 1 < size; n++)
        store[n] = (char)tolower((unsigned char)s[n]);
    store[n] = '\0';
    return store;
}

static void prepare(void)
{
    static char names[MACHINE_COUNT][32][4][24];
    static bool done;
    if (done)
        return;
    for (int m = 0; m < MACHINE_COUNT; m++)
        for (size_t i = 0; i < machines[m].rows.n; i++) {
            struct transition *t = &machines[m].rows.list[i];
            t->from = lower(t->from, names[m][i][0], 24);
            t->event = lower(t->event, names[m][i][1], 24);
            t->to = lower(t->to, names[m][i][2], 24);
            t->guard = lower(t->guard, names[m][i][3], 24);
        }
    done = true;
}

const char *fsm_name(enum machine m)
{
    return machines[m].name;
}

const struct transition *fsm_rows(enum machine m, size_t *n)
{
    prepare();
    *n = machines[m].rows.n;
    return machines[m].rows.list;
}

const struct transition *fsm_find(enum machine m, const char *from, const char *event)
{
    size_t n;
    const struct transition *rows = fsm_rows(m, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].from, from) == 0 && strcmp(rows[i].event, event) == 0)
            return &rows[i];
    return NULL;
}

const struct transition *fsm_find_to(enum machine m, const char *from, const char *to)
{
    size_t n;
    const struct transition *rows = fsm_rows(m, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].from, from) == 0 && strcmp(rows[i].to, to) == 0)
            return &rows[i];
    return NULL;
}

bool fsm_actor_may(const struct transition *t, enum actor_kind actor)
{
    return t->actors & (1u << actor);
}

static enum err sync_rows(struct op *op, void *arg)
{
    (void)arg;
    struct lock_set locks = { .n = 0 };
    lock_add_named(&locks, "transitions"); /* two hosts may migrate at once */
    lock_queue(op, &locks);
    db_queue(op, Q_TRANSITIONS_CLEAR);
    for (int m = 0; m < MACHINE_COUNT; m++) {
        size_t n;
        const struct transition *rows = fsm_rows((enum machine)m, &n);
        for (size_t i = 0; i < n; i++)
            db_queue(op, Q_TRANSITION_ADD, P_TEXT(machines[m].name), P_TEXT(rows[i].from),
                     P_TEXT(rows[i].event), P_TEXT(rows[i].to));
    }
    return ERR_OK;
}

enum err fsm_sync(struct op *op)
{
    return db_tx(op, sync_rows, NULL);
}

bool fsm_check(struct op *op, const char **why)
{
    struct rows r;
    size_t total = 0, n;
    if (db_query(op, &r, Q_TRANSITIONS)) {
        *why = op->err->internal;
        return false;
    }
    for (int m = 0; m < MACHINE_COUNT; m++) {
        fsm_rows((enum machine)m, &n);
        total += n;
    }
    *why = "the state machines in the database are not those of this program; run: tarazu migrate";
    if ((size_t)r.count != total)
        return false;
    for (int i = 0; i < r.count; i++) {
        int m = 0;
        while (m < MACHINE_COUNT && strcmp(machines[m].name, row_text(&r, i, "machine")) != 0)
            m++;
        const struct transition *t = m == MACHINE_COUNT ? NULL
            : fsm_find((enum machine)m, row_text(&r, i, "from_state"), row_text(&r, i, "event"));
        if (!t || strcmp(t->to, row_text(&r, i, "to_state")) != 0)
            return false;
    }
    return true;
}

static void print_mermaid(int m, const struct transition *rows, size_t n)
{
    printf("```mermaid\nstateDiagram-v2\n    %%%% %s\n", machines[m].name);
    for (size_t i = 0; i < n; i++)
        printf("    %s --> %s: %s\n", rows[i].from[0] ? rows[i].from : "[*]", rows[i].to, rows[i].event);
    printf("```\n");
}

static void print_json(int m, const struct transition *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("{\"machine\":\"%s\",\"from\":\"%s\",\"event\":\"%s\",\"to\":\"%s\",\"guard\":\"%s\",\"effect\":\"%s\"}\n",
               machines[m].name, rows[i].from, rows[i].event, rows[i].to, rows[i].guard, rows[i].effect);
}

int fsm_main(int argc, char **argv)
{
    bool mermaid = argc > 1 && strcmp(argv[1], "--mermaid") == 0;
    for (int m = 0; m < MACHINE_COUNT; m++) {
        size_t n;
        const struct transition *rows = fsm_rows((enum machine)m, &n);
        (mermaid ? print_mermaid : print_json)(m, rows, n);
    }
    return 0;
}
