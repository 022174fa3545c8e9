/* `tarazu routes`. */
#include "routes/describe.h"

#include <stdio.h>
#include <string.h>

#include "auth/policy.h"
#include "auth/rate.h"
#include "core/arena.h"
#include "core/view.h"
#include "http/schema.h"
#include "routes/app.h"

static const char *const rate_names[] = {
#define RATE(id, name, per_minute, failures, window) [RATE_##id] = name,
#include "auth/rate.def"
#undef RATE
};

static const struct {
    unsigned bit;
    const char *name;
} flags[] = {
    { ROUTE_TX, "tx" },
    { ROUTE_IDEMPOTENT, "idempotent" },
    { ROUTE_TWO_PHASE, "two_phase" },
    { ROUTE_CSRF, "csrf" },
    { ROUTE_CACHED, "cached" },
    { ROUTE_RAW_BODY, "raw_body" },
    { ROUTE_UPLOAD, "upload" },
    { ROUTE_LOOK, "look" },
    { ROUTE_RENEW, "renew" }, { ROUTE_AGAIN, "again" },
};
#define FLAGS (sizeof(flags) / sizeof(flags[0]))

static const char *schema_name(const struct schema *s)
{
    return s ? s->name : NULL;
}

static void print_json(struct arena *a)
{
    struct view *list = view_new_array(a);
    for (size_t i = 0; i < routes_count; i++) {
        const struct route *r = &routes_table[i];
        struct view *row = view_append(list);
        view_text(row, "id", r->name);
        view_text(row, "method", method_name(r->method));
        view_text(row, "pattern", r->pattern);
        view_text(row, "pool", pool_name(r->pool));
        view_text(row, "policy", policy_name((enum policy)r->policy));
        view_text(row, "rate", rate_names[r->rate]);
        struct view *set = view_array(row, "flags");
        for (size_t k = 0; k < FLAGS; k++)
            if (r->flags & flags[k].bit)
                view_append_text(set, flags[k].name);
        view_text(row, "input", schema_name(r->input));
        view_text(row, "query", schema_name(r->query));
        view_text(row, "template", r->template);
    }
    puts(view_serialize(a, list));
}

static void print_table(struct arena *a)
{
    printf("%-22s %-6s %-40s %-5s %-9s %-8s %-20s %-16s %s\n", "id", "method", "pattern", "pool", "policy", "rate",
           "input", "template", "flags");
    for (size_t i = 0; i < routes_count; i++) {
        const struct route *r = &routes_table[i];
        struct buf set;
        buf_init(&set, a, 64);
        for (size_t k = 0; k < FLAGS; k++)
            if (r->flags & flags[k].bit)
                buf_printf(&set, "%s%s", set.n ? " " : "", flags[k].name);
        printf("%-22s %-6s %-40s %-5s %-9s %-8s %-20s %-16s %s\n", r->name, method_name(r->method), r->pattern,
               pool_name(r->pool), policy_name((enum policy)r->policy), rate_names[r->rate],
               r->input ? r->input->name : "-", r->template ? r->template : "-", buf_text(&set));
    }
}

int routes_main(int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json) {
        fputs("usage: tarazu routes [--json]\n", stderr);
        return 2;
    }
    struct arena *a = arena_create("routes");
    (json ? print_json : print_table)(a);
    arena_destroy(a);
    return 0;
}
