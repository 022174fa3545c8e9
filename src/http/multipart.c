/* Reading multipart/form-data. */
#define _GNU_SOURCE 1 /* memmem */
#include "http/multipart.h"

#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/op.h"
#include "core/text.h"
#include "core/view.h"
#include "http/form.h"
#include "http/request.h"

#define PARTS_MAX 50
#define HEADERS_MAX (8 * 1024)
#define BOUNDARY_MAX 70 /* RFC 2046 */

struct part {
    const char *name;
    const char *filename; /* NULL: a text part */
    struct str data;
};

struct reader {
    struct op *op;
    struct str rest;
    struct str delimiter; /* "\r\n--boundary" */
    const char *error;
    bool ended;
};

static void skip(struct str *s, size_t n)
{
    s->p += n;
    s->n -= n;
}

static void skip_blanks(struct str *s)
{
    while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
        skip(s, 1);
}

/* The quoted string behind its opening quote; false when it does not end. */
static bool quoted(struct arena *a, struct str *s, struct str *out)
{
    struct buf b;
    buf_init(&b, a, 0);
    while (s->n > 0 && s->p[0] != '"') {
        if (s->p[0] == '\\' && s->n > 1 && (s->p[1] == '"' || s->p[1] == '\\'))
            skip(s, 1);
        buf_char(&b, s->p[0]);
        skip(s, 1);
    }
    if (s->n == 0)
        return false;
    skip(s, 1);
    skip_blanks(s);
    *out = buf_slice(&b);
    return s->n == 0 || s->p[0] == ';';
}

static void token(struct str *s, struct str *out)
{
    const char *end = memchr(s->p, ';', s->n);
    *out = (struct str){ s->p, end ? (size_t)(end - s->p) : s->n };
    skip(s, out->n);
    *out = str_trim(*out);
}

/* The parameter of a header value ("form-data; name=\"x\""): quoted or token. Returns false when
 * the header is broken; *out is NULL when the parameter is absent, and it may stand only once. */
static bool parameter(struct arena *a, struct str s, const char *name, const char **out)
{
    *out = NULL;
    str_cut(&s, ';');
    while (s.n > 0) {
        const char *equals = memchr(s.p, '=', s.n);
        if (!equals)
            return str_trim(s).n == 0;
        struct str value, key = str_trim(str_cut(&s, '='));
        skip_blanks(&s);
        bool is_quoted = str_starts(s, "\"");
        if (is_quoted) {
            skip(&s, 1);
            if (!quoted(a, &s, &value))
                return false;
        } else {
            token(&s, &value);
        }
        if (key.n == strlen(name) && strncasecmp(key.p, name, key.n) == 0) {
            if (*out || !text_valid_utf8(value))
                return false;
            *out = str_dup(a, value);
        }
        str_cut(&s, ';');
    }
    return true;
}

static bool good_boundary(const char *b)
{
    size_t n = b ? strlen(b) : 0;
    if (n == 0 || n > BOUNDARY_MAX || b[n - 1] == ' ')
        return false;
    for (size_t i = 0; i < n; i++)
        if (b[i] < ' ' || b[i] > '~')
            return false;
    return true;
}

static bool fail(struct reader *r, const char *reason)
{
    r->error = reason;
    return false;
}

/* Behind a delimiter: "--" ends the body, otherwise blanks and CRLF begin a part. */
static bool after_delimiter(struct reader *r)
{
    if (str_starts(r->rest, "--")) {
        r->ended = true;
        return true;
    }
    skip_blanks(&r->rest);
    if (!str_starts(r->rest, "\r\n"))
        return fail(r, "broken delimiter");
    skip(&r->rest, 2);
    return true;
}

static bool read_header(struct reader *r, struct str line, struct part *part)
{
    struct arena *a = r->op->arena;
    struct str value = line, name = str_cut(&value, ':');
    value = str_trim(value);
    if (name.n == line.n || name.n == 0)
        return fail(r, "broken header of a part");
    if (name.n == strlen("content-disposition") &&
        strncasecmp(name.p, "content-disposition", name.n) == 0) {
        bool is_form = value.n >= 9 && strncasecmp(value.p, "form-data", 9) == 0;
        if (!is_form || part->name || !parameter(a, value, "name", &part->name) ||
            !parameter(a, value, "filename", &part->filename))
            return fail(r, "broken Content-Disposition");
    } else if (name.n == strlen("content-transfer-encoding") &&
               strncasecmp(name.p, "content-transfer-encoding", name.n) == 0) {
        if (!str_is(value, "binary") && !str_is(value, "8bit") && !str_is(value, "7bit"))
            return fail(r, "encoded parts are not read");
    }
    return true;
}

static bool read_headers(struct reader *r, struct part *part)
{
    struct str window = r->rest;
    if (window.n > HEADERS_MAX)
        window.n = HEADERS_MAX;
    for (;;) {
        const char *end = memmem(window.p, window.n, "\r\n", 2);
        if (!end)
            return fail(r, "headers of a part do not end");
        struct str line = { window.p, (size_t)(end - window.p) };
        skip(&window, line.n + 2);
        if (line.n == 0)
            break;
        if (!read_header(r, line, part))
            return false;
    }
    skip(&r->rest, (size_t)(window.p - r->rest.p));
    return part->name && part->name[0] ? true : fail(r, "a part has no name");
}

static bool read_data(struct reader *r, struct part *part)
{
    /* An empty part ends with the delimiter's CRLF right behind the headers. */
    const char *end = memmem(r->rest.p, r->rest.n, r->delimiter.p, r->delimiter.n);
    if (!end)
        return fail(r, "a part does not end");
    part->data = (struct str){ r->rest.p, (size_t)(end - r->rest.p) };
    skip(&r->rest, part->data.n + r->delimiter.n);
    return true;
}

/* A file field left blank by the browser has neither name nor data. */
static bool is_blank_file(const struct part *part)
{
    return part->filename && !part->filename[0] && part->data.n == 0;
}

static bool store(struct reader *r, const struct part *part, struct form *form,
                  struct upload *uploads, size_t *count)
{
    if (is_blank_file(part))
        return true;
    if (part->filename) {
        uploads[(*count)++] = (struct upload){ part->name, part->filename, part->data };
        return true;
    }
    if (!text_valid_utf8(part->data))
        return fail(r, "text that is not valid UTF-8");
    const char *error = form_put(form, part->name, str_dup(r->op->arena, part->data));
    return error ? fail(r, error) : true;
}

static bool read_parts(struct reader *r, struct form *form, struct upload *uploads, size_t *count)
{
    /* The first delimiter has no line before it. */
    struct str first = { r->delimiter.p + 2, r->delimiter.n - 2 };
    if (r->rest.n < first.n || memcmp(r->rest.p, first.p, first.n) != 0)
        return fail(r, "does not begin with its boundary");
    skip(&r->rest, first.n);
    if (!after_delimiter(r))
        return false;
    for (size_t n = 0; !r->ended; n++) {
        struct part part = { 0 };
        if (n == PARTS_MAX)
            return fail(r, "too many parts");
        if (!read_headers(r, &part) || !read_data(r, &part) ||
            !store(r, &part, form, uploads, count) || !after_delimiter(r))
            return false;
    }
    return true;
}

enum err multipart_parse(struct op *op, const char *content_type, struct str body,
                         struct view **tree, struct upload **uploads, size_t *count)
{
    const char *boundary;
    if (!parameter(op->arena, str_of(content_type), "boundary", &boundary) ||
        !good_boundary(boundary))
        return err_set(op, ERR_BAD_REQUEST, "multipart/form-data: boundary");
    struct reader r = {
        .op = op,
        .rest = body,
        .delimiter = str_of(arena_printf(op->arena, "\r\n--%s", boundary)),
    };
    struct form *form = form_new(op->arena);
    *uploads = arena_array(op->arena, struct upload, PARTS_MAX);
    *count = 0;
    if (!read_parts(&r, form, *uploads, count))
        return err_set(op, ERR_BAD_REQUEST, "multipart/form-data: %s", r.error);
    *tree = form_view(form);
    return ERR_OK;
}
