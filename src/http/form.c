/* HTML forms as trees. */
#include "http/form.h"

#include <string.h>

#include "core/arena.h"
#include "core/op.h"
#include "core/view.h"
#include "http/percent.h"
#include "http/schema.h"

#define INDEX_DIGITS_MAX 4

struct form_node {
    struct str name;
    const char *value; /* NULL: has children */
    struct form_node *children, *last, *next;
};

struct form {
    struct arena *arena;
    struct form_node root;
    size_t pairs;
};

static struct form_node *find_child(struct form_node *parent, struct str name)
{
    struct form_node *n = parent->children;
    while (n && !str_eq(n->name, name))
        n = n->next;
    return n;
}

static struct form_node *add_child(struct arena *a, struct form_node *parent, struct str name)
{
    struct form_node *n = arena_new(a, struct form_node);
    n->name = name;
    if (parent->last)
        parent->last->next = n;
    else
        parent->children = n;
    parent->last = n;
    parent->value = NULL;
    return n;
}

struct form *form_new(struct arena *a)
{
    struct form *f = arena_new(a, struct form);
    f->arena = a;
    return f;
}

/* The whole name is checked before anything is added. */
static const char *name_fault(const char *name)
{
    struct str rest = str_of(name);
    size_t depth = 1;
    if (rest.n == 0 || rest.p[rest.n - 1] == '.')
        return "empty part in a name";
    while (rest.n > 0) {
        if (str_cut(&rest, '.').n == 0)
            return "empty part in a name";
        if (rest.n > 0 && ++depth > FORM_DEPTH_MAX)
            return "nested too deep";
    }
    return NULL;
}

const char *form_put(struct form *f, const char *name, const char *value)
{
    if (f->pairs == FORM_PAIRS_MAX)
        return "too many fields";
    f->pairs++;
    const char *fault = name_fault(name);
    if (fault)
        return fault;
    struct str rest = str_of(name);
    struct form_node *n = &f->root;
    while (rest.n > 0) {
        struct str part = str_cut(&rest, '.');
        struct form_node *child = find_child(n, part);
        n = child ? child : add_child(f->arena, n, part);
    }
    n->children = n->last = NULL;
    n->value = value;
    return NULL;
}

static bool index_of(struct str name, int64_t *out)
{
    bool canonical = name.n == 1 || (name.n > 1 && name.n <= INDEX_DIGITS_MAX && name.p[0] != '0');
    return canonical && name.p[0] != '-' && str_int(name, out);
}

static bool is_array(const struct form_node *n)
{
    int64_t index;
    for (const struct form_node *c = n->children; c; c = c->next)
        if (!index_of(c->name, &index))
            return false;
    return true;
}

/* The children by their number. */
static struct form_node **sorted(struct arena *a, const struct form_node *n, size_t *count)
{
    size_t total = 0;
    for (const struct form_node *c = n->children; c; c = c->next)
        total++;
    struct form_node **rows = arena_array(a, struct form_node *, total);
    *count = 0;
    for (struct form_node *c = n->children; c; c = c->next) {
        int64_t mine = 0, other = 0;
        index_of(c->name, &mine);
        size_t at = (*count)++;
        while (at > 0 && index_of(rows[at - 1]->name, &other) && other > mine) {
            rows[at] = rows[at - 1];
            at--;
        }
        rows[at] = c;
    }
    return rows;
}

static struct view *object_of(struct arena *a, const struct form_node *n);

static struct view *array_of(struct arena *a, const struct form_node *n)
{
    struct view *array = view_new_array(a);
    size_t count;
    struct form_node **rows = sorted(a, n, &count);
    for (size_t i = 0; i < count; i++) {
        if (!rows[i]->children)
            view_append_text(array, rows[i]->value[0] ? rows[i]->value : NULL);
        else
            view_append_view(array, is_array(rows[i]) ? array_of(a, rows[i])
                                                      : object_of(a, rows[i]));
    }
    return array;
}

static struct view *object_of(struct arena *a, const struct form_node *n)
{
    struct view *object = view_new(a);
    for (const struct form_node *c = n->children; c; c = c->next) {
        const char *key = str_dup(a, c->name);
        if (!c->children)
            view_text(object, key, c->value[0] ? c->value : NULL);
        else
            view_attach(object, key, is_array(c) ? array_of(a, c) : object_of(a, c));
    }
    return object;
}

struct view *form_view(const struct form *f)
{
    return object_of(f->arena, &f->root);
}

bool form_next(struct str *rest, struct str *name, struct str *value)
{
    while (rest->n > 0) {
        struct str pair = str_cut(rest, '&');
        if (pair.n == 0)
            continue;
        *value = pair;
        *name = str_cut(value, '=');
        return true;
    }
    return false;
}

struct view *form_tree(struct op *op, struct str encoded, const char **error)
{
    struct form *f = form_new(op->arena);
    struct str name, value;
    *error = NULL;
    while (!*error && form_next(&encoded, &name, &value)) {
        const char *key = percent_decode(op->arena, name, true);
        const char *text = percent_decode(op->arena, value, true);
        *error = key && text ? form_put(f, key, text) : "broken percent-encoding";
    }
    return *error ? NULL : form_view(f);
}
