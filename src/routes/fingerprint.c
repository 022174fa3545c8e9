/* Fingerprints of requests. */
#include "routes/fingerprint.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/crypto.h"
#include "core/str.h"
#include "core/view.h"
#include "http/request.h"

struct member {
    const char *key;
    struct view *value;
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static bool transport(const char *key)
{
    return strcmp(key, "_method") == 0 || strcmp(key, "_idempotency_key") == 0 || strcmp(key, "altcha") == 0;
}

static void add(struct arena *a, struct buf *b, struct view *v);

static void add_object(struct arena *a, struct buf *b, struct view *v)
{
    size_t n = 0, kept = 0;
    const char *key;
    struct view *value;
    while (view_member(v, n, &key, &value))
        n++;
    struct member *members = arena_array(a, struct member, n + 1);
    for (size_t i = 0; i < n; i++) {
        view_member(v, i, &key, &value);
        if (!transport(key))
            members[kept++] = (struct member){ key, value };
    }
    qsort(members, kept, sizeof(*members), by_key);
    buf_char(b, '{');
    for (size_t i = 0; i < kept; i++) {
        buf_printf(b, "%zu:%s=", strlen(members[i].key), members[i].key);
        add(a, b, members[i].value);
    }
    buf_char(b, '}');
}

static void add(struct arena *a, struct buf *b, struct view *v)
{
    if (view_kind(v) == VIEW_OBJECT) {
        add_object(a, b, v);
    } else if (view_kind(v) == VIEW_ARRAY) {
        buf_char(b, '[');
        for (size_t i = 0; i < view_count(v); i++)
            add(a, b, view_at(v, i));
        buf_char(b, ']');
    } else {
        const char *s = v ? view_value_text(v) : "";
        buf_printf(b, "%zu:%s", strlen(s), s);
    }
}

const char *request_fingerprint(struct request *req)
{
    struct buf b;
    buf_init(&b, req->op.arena, 512);
    buf_printf(&b, "%s %s ", method_name(req->method), req->path);
    if (req->tree)
        add(req->op.arena, &b, req->tree);
    else
        buf_add(&b, req->body.p, req->body.n);
    return crypto_sha256_hex(req->op.arena, buf_slice(&b));
}
