/* Cross-origin calls of the API. */
#include "routes/cors.h"

#include <string.h>

#include "core/conf.h"
#include "http/request.h"

#define ALLOWED_HEADERS "Authorization, Content-Type, Idempotency-Key, Accept-Language"
#define EXPOSED_HEADERS "X-Request-Id, Idempotent-Replayed, Retry-After, Location"
#define PREFLIGHT_SECONDS "600"

bool cors_allowed(const struct request *req)
{
    const char *origin = request_header(req, "Origin");
    struct str rest = str_of(req->op.conf->cors_origins);
    /* "null", the origin of sandboxed frames, is nobody in particular. */
    if (!origin || !strstr(origin, "://"))
        return false;
    while (rest.n > 0)
        if (str_is(str_trim(str_cut(&rest, ',')), origin))
            return true;
    return false;
}

static bool is_preflight(const struct request *req, enum err result)
{
    const char *method = request_param(req, "REQUEST_METHOD");
    return result == ERR_METHOD_NOT_ALLOWED && method && strcmp(method, "OPTIONS") == 0 && req->allow &&
           request_header(req, "Access-Control-Request-Method");
}

enum err cors_finish(struct request *req, enum err result)
{
    if (req->op.conf->cors_origins[0] == '\0')
        return result;
    reply_header(req, "Vary", "Origin"); /* also for those who are not allowed: a cache must not mix them */
    if (!cors_allowed(req))
        return result;
    reply_header(req, "Access-Control-Allow-Origin", request_header(req, "Origin"));
    if (!is_preflight(req, result)) {
        reply_header(req, "Access-Control-Expose-Headers", EXPOSED_HEADERS);
        return result;
    }
    err_clear(&req->op);
    reply_header(req, "Access-Control-Allow-Methods", req->allow);
    reply_header(req, "Access-Control-Allow-Headers", ALLOWED_HEADERS);
    reply_header(req, "Access-Control-Max-Age", PREFLIGHT_SECONDS);
    req->reply.status = 204;
    return ERR_OK;
}
