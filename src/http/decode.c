/* Decoding bodies and queries. */
#include "http/decode.h"

#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/text.h"
#include "core/view.h"
#include "http/form.h"
#include "http/json_body.h"
#include "http/multipart.h"
#include "http/percent.h"
#include "http/request.h"
#include "http/schema.h"


/* What a route without a schema takes: the common fields alone. */
static const struct schema no_fields = { .name = "empty" };

static enum err unreadable(struct request *req, const char *reason)
{
    return err_set(&req->op, ERR_BAD_REQUEST, "%s: %s",
                   req->op.lang == LANG_FA ? "متن درخواست خوانا نیست"
                                           : "The body cannot be read",
                   reason);
}

static enum err parse_json(struct request *req)
{
    const char *error;
    req->tree = json_body_parse(req->op.arena, req->body, &error);
    return error ? unreadable(req, error) : ERR_OK;
}

static enum err parse_form(struct request *req)
{
    const char *error;
    req->tree = form_tree(&req->op, req->body, &error);
    return error ? unreadable(req, error) : ERR_OK;
}

static enum err parse_multipart(struct request *req)
{
    return multipart_parse(&req->op, req->content_type, req->body, &req->tree, &req->uploads,
                           &req->upload_count);
}

static const struct media_type {
    const char *name;
    enum err (*parse)(struct request *req);
    bool form;
    unsigned needs; /* flags of the route */
} media_types[] = {
    { "application/json", parse_json, false, 0 },
    { "application/x-www-form-urlencoded", parse_form, true, 0 },
    { "multipart/form-data", parse_multipart, true, ROUTE_UPLOAD },
};

static bool same_word(struct str s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* NULL for a type that is not read, or text in another character set than UTF-8. */
static const struct media_type *media_type_of(const struct request *req)
{
    struct str rest = str_of(req->content_type);
    struct str name = str_trim(str_cut(&rest, ';'));
    while (rest.n > 0) {
        struct str value = str_cut(&rest, ';');
        struct str key = str_trim(str_cut(&value, '='));
        value = str_trim(value);
        if (same_word(key, "charset") && !same_word(value, "utf-8") &&
            !same_word(value, "\"utf-8\""))
            return NULL;
    }
    for (size_t i = 0; i < sizeof(media_types) / sizeof(media_types[0]); i++)
        if (same_word(name, media_types[i].name))
            return &media_types[i];
    return NULL;
}

static enum err parse_body(struct request *req)
{
    if (req->body.n == 0) {
        req->tree = view_new(req->op.arena);
        return ERR_OK;
    }
    const struct media_type *type = media_type_of(req);
    unsigned flags = req->route ? req->route->flags : 0;
    if (!type || (type->needs & ~flags))
        return err_set(&req->op, ERR_UNSUPPORTED_MEDIA_TYPE, NULL);
    return type->parse(req);
}

/* The known parameters of a query as a tree. What is not known may be broken too: links pass
 * through many hands. */
static enum err query_tree(struct request *req, const struct schema *s, struct view **out)
{
    struct form *form = form_new(req->op.arena);
    struct str rest = str_of(req->query), name, value;
    while (form_next(&rest, &name, &value)) {
        const char *key = percent_decode(req->op.arena, name, true);
        bool known = false;
        for (size_t i = 0; key && i < s->count && !known; i++) {
            size_t n = strlen(s->fields[i].name);
            known = strncmp(key, s->fields[i].name, n) == 0 && (key[n] == '\0' || key[n] == '.');
        }
        if (!known)
            continue;
        const char *text = percent_decode(req->op.arena, value, true);
        const char *error = text ? form_put(form, key, text) : "broken percent-encoding";
        if (error)
            return err_set(&req->op, ERR_BAD_REQUEST, "%s: %s", key, error);
    }
    *out = form_view(form);
    return ERR_OK;
}

static enum err decode_query(struct request *req)
{
    struct view *tree = NULL;
    TRY(query_tree(req, req->route->query, &tree));
    return schema_decode_query(&req->op, req->route->query, tree, &req->params);
}

static enum err decode_body(struct request *req)
{
    if (!req->tree)
        TRY(parse_body(req));
    const struct schema *s = req->route->input ? req->route->input : &no_fields;
    void *input = NULL;
    TRY(schema_decode(&req->op, s, req->tree, req->uploads, req->upload_count, &input));
    req->input = req->route->input ? input : NULL;
    return ERR_OK;
}

static enum err pick_idempotency_key(struct request *req)
{
    const char *key = request_header(req, "Idempotency-Key");
    if (!key || !key[0])
        key = arena_strdup(req->op.arena, view_get_text(req->tree, "_idempotency_key"));
    if (!key || !key[0])
        return ERR_OK;
    if (!text_valid_utf8(str_of(key)) || text_length(str_of(key)) > IDEMPOTENCY_KEY_MAX) {
        err_field(&req->op, "/_idempotency_key", "too_long", NULL);
        return err_set(&req->op, ERR_INVALID_FIELD, NULL);
    }
    req->idempotency_key = key;
    return ERR_OK;
}

size_t request_body_max(const struct request *req)
{
    return req->route && (req->route->flags & ROUTE_UPLOAD) ? BODY_MAX_UPLOAD : BODY_MAX;
}

bool request_is_form_post(const struct request *req)
{
    const struct media_type *type = media_type_of(req);
    return req->method == METHOD_POST && type && type->form && type->needs == 0;
}

enum err request_read_form(struct request *req)
{
    if (!request_is_form_post(req))
        return ERR_OK;
    TRY(parse_form(req));
    request_override_method(req, req->tree);
    return ERR_OK;
}

bool request_override_method(struct request *req, const struct view *tree)
{
    const struct media_type *type = media_type_of(req);
    enum method wanted;
    if (req->method != METHOD_POST || !type || !type->form ||
        !method_parse(view_get_text(tree, "_method"), &wanted) || wanted == METHOD_GET ||
        wanted == METHOD_POST)
        return false;
    req->method = wanted;
    return true;
}

enum err request_decode(struct request *req)
{
    if (req->route->query)
        TRY(decode_query(req));
    if (!(req->route->flags & ROUTE_RAW_BODY))
        TRY(decode_body(req));
    return pick_idempotency_key(req);
}
