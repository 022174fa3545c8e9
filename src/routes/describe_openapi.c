/* The OpenAPI 3.1 document. */
#include "routes/describe.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "auth/policy.h"
#include "auth/session.h"
#include "core/arena.h"
#include "core/str.h"
#include "core/view.h"
#include "http/decode.h"
#include "http/schema.h"
#include "routes/app.h"

enum caller { CALLER_ANYBODY, CALLER_CUSTOMER, CALLER_STAFF };

static const struct {
    enum caller caller;
    const char *permission;
} policies[] = {
#define POLICY(id, kind, permission) [POLICY_##id] = { CALLER_##kind, #permission },
#include "auth/policy.def"
#undef POLICY
};

static const char *lower(struct arena *a, const char *s)
{
    char *copy = arena_strdup(a, s);
    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

static void path_parameter(struct arena *a, struct view *parameters, struct str name, struct str kind)
{
    struct view *p = view_append(parameters);
    view_text(p, "name", str_dup(a, name));
    view_text(p, "in", "path");
    view_bool(p, "required", true);
    struct view *schema = view_object(p, "schema");
    view_text(schema, "type", str_is(kind, "int") ? "integer" : "string");
    if (str_is(kind, "uuid"))
        view_text(schema, "format", "uuid");
    else if (str_is(kind, "int"))
        view_int(schema, "minimum", 0);
}

/* "/cart/items/{variant:int}" becomes "/cart/items/{variant}"; the variables become parameters. */
static const char *path_of(struct arena *a, const char *pattern, struct view *parameters)
{
    struct buf path;
    struct str rest = str_of(pattern);
    buf_init(&path, a, rest.n + 1);
    while (rest.n > 0) {
        struct str literal = str_cut(&rest, '{');
        buf_add(&path, literal.p, literal.n);
        if (rest.n == 0)
            break;
        struct str kind = str_cut(&rest, '}');
        struct str name = str_cut(&kind, ':');
        buf_printf(&path, "{" STR_FMT "}", STR_ARG(name));
        if (parameters)
            path_parameter(a, parameters, name, kind);
    }
    return buf_text(&path);
}

static void idempotency_parameter(struct view *parameters)
{
    struct view *p = view_append(parameters);
    view_text(p, "name", "Idempotency-Key");
    view_text(p, "in", "header");
    view_bool(p, "required", false);
    view_text(p, "description", "The same key and body give the first success again, with Idempotent-Replayed: true.");
    struct view *schema = view_object(p, "schema");
    view_text(schema, "type", "string");
    view_int(schema, "maxLength", IDEMPOTENCY_KEY_MAX);
}

/* Every body may carry a solved captcha (schema_decode passes it over). */
static void captcha_member(struct view *components, const struct schema *s)
{
    struct view *properties = view_get(view_get(components, s->name), "properties");
    if (view_has(properties, "altcha"))
        return;
    struct view *member = view_object(properties, "altcha");
    view_text(member, "type", "string");
    view_text(member, "description", "A solved challenge of GET /auth/challenge, after a 429 with params.captcha.");
}

static void request_body(struct arena *a, struct view *operation, struct view *components, const struct route *r)
{
    static const char *const plain[] = { "application/json", "application/x-www-form-urlencoded", NULL };
    static const char *const upload[] = { "multipart/form-data", NULL };
    static const char *const raw[] = { "application/json", NULL };
    const char *const *type = r->flags & ROUTE_RAW_BODY ? raw : r->flags & ROUTE_UPLOAD ? upload : plain;
    bool required = r->flags & ROUTE_RAW_BODY;
    if (!r->input && !required)
        return;
    for (size_t i = 0; r->input && i < r->input->count; i++)
        required = required || r->input->fields[i].flags & F_REQUIRED;
    struct view *body = view_object(operation, "requestBody");
    view_bool(body, "required", required);
    struct view *content = view_object(body, "content");
    for (; *type; type++) {
        struct view *schema = view_object(view_object(content, *type), "schema");
        if (!r->input) {
            view_text(schema, "type", "object");
            continue;
        }
        describe_schema(a, components, r->input);
        captcha_member(components, r->input);
        view_text(schema, "$ref", arena_printf(a, "#/components/schemas/%s", r->input->name));
    }
}

static void responses(struct view *operation, const struct route *r)
{
    struct view *all = view_object(operation, "responses");
    struct view *ok = view_object(all, "2XX");
    view_text(ok, "description", "Done");
    struct view *content = view_object(ok, "content");
    view_text(view_object(view_object(content, "application/json"), "schema"), "type", "object");
    if (r->template)
        view_text(view_object(view_object(content, "text/html"), "schema"), "type", "string");
    view_text(view_object(all, "4XX"), "$ref", "#/components/responses/Problem");
    view_text(view_object(all, "default"), "$ref", "#/components/responses/Problem");
}

static void security(struct view *operation, const struct route *r)
{
    struct view *list = view_array(operation, "security");
    if (policies[r->policy].caller == CALLER_ANYBODY && r->policy != POLICY_GUEST)
        return;
    if (r->policy == POLICY_GUEST)
        view_array(view_append(list), "cart");
    view_array(view_append(list), "bearer");
    view_array(view_append(list), "session");
}

static const char *tag_of(struct arena *a, const char *pattern)
{
    struct str rest = str_of(pattern + 1);
    struct str tag = str_cut(&rest, '/');
    return tag.n ? str_dup(a, tag) : "home";
}

/* "CART_ADD" reads "Cart add". */
static const char *summary_of(struct arena *a, const char *name)
{
    char *text = arena_strdup(a, lower(a, name));
    text[0] = name[0];
    for (char *p = text; *p; p++)
        if (*p == '_')
            *p = ' ';
    return text;
}

static void operation(struct arena *a, struct view *paths, struct view *components, const struct route *r)
{
    const char *path = path_of(a, r->pattern, NULL);
    struct view *item = view_get(paths, path);
    if (!item)
        item = view_object(paths, path);
    struct view *o = view_object(item, lower(a, method_name(r->method)));
    view_text(o, "operationId", lower(a, r->name));
    view_text(o, "summary", summary_of(a, r->name));
    view_append_text(view_array(o, "tags"), tag_of(a, r->pattern));
    view_text(o, "x-policy", policy_name((enum policy)r->policy));
    if (strcmp(policies[r->policy].permission, "NONE") != 0)
        view_text(o, "description", arena_printf(a, "Staff with the permission \"%s\".",
                                                 lower(a, policies[r->policy].permission)));
    struct view *parameters = view_array(o, "parameters");
    path_of(a, r->pattern, parameters);
    if (r->query)
        describe_query(a, components, parameters, r->query);
    if (r->flags & (ROUTE_IDEMPOTENT | ROUTE_TWO_PHASE))
        idempotency_parameter(parameters);
    request_body(a, o, components, r);
    responses(o, r);
    security(o, r);
}

static void problem_members(struct view *problem)
{
    static const struct {
        const char *name, *type;
    } members[] = {
        { "type", "string" }, { "title", "string" }, { "status", "integer" }, { "code", "string" },
        { "detail", "string" }, { "request_id", "string" }, { "params", "object" },
    };
    static const struct {
        const char *name, *type;
    } row[] = {
        { "field", "string" }, { "code", "string" }, { "message", "string" }, { "params", "object" },
        { "variant_id", "integer" },
    };
    view_text(problem, "type", "object");
    struct view *properties = view_object(problem, "properties"), *required = view_array(problem, "required");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        view_text(view_object(properties, members[i].name), "type", members[i].type);
        view_append_text(required, members[i].name);
    }
    struct view *errors = view_object(properties, "errors");
    view_text(errors, "type", "array");
    struct view *items = view_object(errors, "items");
    view_text(items, "type", "object");
    struct view *fields = view_object(items, "properties");
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        view_text(view_object(fields, row[i].name), "type", row[i].type);
}

static void codes(struct view *problem)
{
    struct view *list = view_array(view_object(view_get(problem, "properties"), "code"), "enum");
    for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
        bool seen = false;
        for (int k = ERR_OK + 1; k < e; k++)
            seen = seen || strcmp(err_slug((enum err)k), err_slug((enum err)e)) == 0;
        if (!seen)
            view_append_text(list, err_slug((enum err)e));
    }
}

static void security_scheme(struct view *schemes, const char *name, const char *type, const char *key, const char *value)
{
    struct view *s = view_object(schemes, name);
    view_text(s, "type", type);
    view_text(s, key, value);
    if (strcmp(type, "apiKey") == 0)
        view_text(s, "in", "cookie");
}

struct view *openapi_view(struct arena *a)
{
    struct view *root = view_new(a);
    view_text(root, "openapi", "3.1.0");
    struct view *info = view_object(root, "info");
    view_text(info, "title", "Tarazu");
    view_text(info, "version", "1");
    struct view *license = view_object(info, "license");
    view_text(license, "name", "MIT");
    view_text(license, "identifier", "MIT");
    view_text(info, "description", "Every page is its own API: ask with Accept: application/json.");
    view_text(view_append(view_array(root, "servers")), "url", "/");
    struct view *paths = view_object(root, "paths"), *components = view_object(root, "components");
    struct view *schemas = view_object(components, "schemas");
    struct view *problem = view_object(schemas, "problem");
    problem_members(problem);
    codes(problem);
    struct view *answer = view_object(view_object(components, "responses"), "Problem");
    view_text(answer, "description", "What went wrong (RFC 9457); 429 and 503 carry Retry-After.");
    view_text(view_object(view_object(view_object(answer, "content"), "application/problem+json"), "schema"), "$ref",
              "#/components/schemas/problem");
    struct view *schemes = view_object(components, "securitySchemes");
    security_scheme(schemes, "bearer", "http", "scheme", "bearer");
    security_scheme(schemes, "session", "apiKey", "name", COOKIE_ACCESS);
    security_scheme(schemes, "cart", "apiKey", "name", "__Host-cart");
    for (size_t i = 0; i < routes_count; i++)
        operation(a, paths, schemas, &routes_table[i]);
    return root;
}

int openapi_main(struct arena *a)
{
    puts(view_serialize(a, openapi_view(a)));
    return 0;
}
