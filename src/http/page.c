/* Pages. */
#include "http/page.h"

#include <string.h>

#include "core/arena.h"
#include "core/view.h"
#include "http/percent.h"
#include "http/problem.h"
#include "http/request.h"
#include "http/template.h"

bool page_render(struct request *req, const struct templates *templates, const char *name,
                 struct view *context, response_chrome *chrome, struct str *out)
{
    const struct template *tpl = templates && name ? templates_find(templates, name) : NULL;
    if (!tpl)
        return false;
    if (!context)
        context = view_new(req->op.arena);
    if (chrome)
        chrome(req, context);
    *out = template_render(templates, tpl, req->op.arena, context, req->op.lang);
    return true;
}

bool page_error(struct request *req, const struct templates *templates, enum err error,
                int retry_after, response_chrome *chrome, struct str *out)
{
    struct view *context = problem_view(&req->op, error);
    if (strcmp(view_get_text(context, "detail"), view_get_text(context, "title")) == 0)
        view_null(context, "detail");
    if (retry_after > 0)
        view_int(context, "retry_after", retry_after);
    else
        view_null(context, "retry_after");
    view_text(context, "back", request_back(req));
    return page_render(req, templates, "error", context, chrome, out);
}

const char *page_login(struct request *req, enum err error)
{
    if (error != ERR_UNAUTHENTICATED && error != ERR_TOKEN_INVALID)
        return NULL;
    bool returns = req->method == METHOD_GET && strncmp(req->uri, "/", 1) == 0 && !req->bad;
    const char *back = returns ? req->uri : request_back(req);
    const char *login = req->reply.login_page ? req->reply.login_page : "/login";
    if (!back)
        return login;
    return arena_printf(req->op.arena, "%s?next=%s", login,
                        percent_encode(req->op.arena, back));
}
