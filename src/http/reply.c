/* Filling a reply. */
#include <string.h>

#include "core/arena.h"
#include "core/assert.h"
#include "http/request.h"

void reply_header(struct request *req, const char *name, const char *value)
{
    struct arena *a = req->op.arena;
    ASSERT(name[0] && name[strcspn(name, ":\r\n ")] == '\0');
    char *safe = arena_strdup(a, value ? value : "");
    for (char *p = safe; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    struct header *h = arena_new(a, struct header);
    h->name = arena_strdup(a, name);
    h->value = safe;
    h->next = req->reply.headers;
    req->reply.headers = h;
}

void reply_redirect(struct request *req, const char *location)
{
    req->reply.location = location;
}

void reply_created(struct request *req, const char *location)
{
    req->reply.status = 201;
    req->reply.location = location;
}

void reply_body(struct request *req, const char *content_type, const char *body, size_t size)
{
    req->reply.content_type = content_type;
    req->reply.body = body;
    req->reply.body_size = size;
}
