/* The catalogue and the record of one piece of work. */
#include "core/err.h"

#include "core/arena.h"
#include "core/log.h"
#include "core/view.h"
#include "tap.h"

static void test_catalogue(void)
{
    is_int(err_status(ERR_OK), 200, "success is 200");
    is_int(err_status(ERR_OUT_OF_STOCK), 409, "status");
    is_str(err_slug(ERR_RATE_LIMITED), "rate_limited", "slug");
    is_str(err_title(ERR_NOT_FOUND, LANG_FA), "پیدا نشد", "Persian title");
    is_str(err_title(ERR_NOT_FOUND, LANG_EN), "Not found", "English title");
    is_int(err_log_level(ERR_INTERNAL), LOG_ERROR, "log level");
    is_int(err_by_constraint("products_slug_key"), ERR_SLUG_TAKEN, "by constraint");
    is_int(err_by_constraint("55P03"), ERR_BUSY, "by SQLSTATE");
    is_int(err_by_constraint("nothing_known"), ERR_OK, "unknown constraint");
    is_int(err_by_constraint(NULL), ERR_OK, "no constraint");
    for (int code = ERR_OK + 1; code < ERR_COUNT; code++) {
        enum err e = (enum err)code;
        int status = err_status(e);
        ok(status >= 400 && status < 600 && err_slug(e)[0] && err_title(e, LANG_FA)[0] &&
               err_title(e, LANG_EN)[0], "%s is complete", err_slug(e));
    }
    is_str(err_field_text("required", LANG_EN), "This is required", "text of a field's code");
    is_str(err_field_text("no such code", LANG_FA), "این مقدار درست نیست", "unknown code");
}

static enum err passes_on(struct op *op, enum err code)
{
    TRY(code ? err_set(op, code, NULL) : ERR_OK);
    return ERR_CONFLICT;
}

static void test_record(struct op *op)
{
    is_int(err_set(op, ERR_GONE, "پیوند %d", 7), ERR_GONE, "err_set returns the code");
    is_str(op->err->detail, "پیوند 7", "detail");
    err_param_int(op, "n", 3);
    err_param_text(op, "who", "x");
    err_param_bool(op, "captcha", 1);
    is_str(view_serialize(op->arena, op->err->params), "{\"n\":3,\"who\":\"x\",\"captcha\":true}",
           "params");
    err_retry_after(op, 30);
    is_int(op->err->retry_after, 30, "retry after");
    is_int(err_internal(op, ERR_INTERNAL, "relation %s", "x"), ERR_INTERNAL, "err_internal");
    is_str(op->err->internal, "relation x", "internal text");
    is_str(op->err->detail, NULL, "earlier detail is replaced");
    ok(!op->err->params && op->err->retry_after == 0, "so are params and the wait");
    err_set(op, ERR_GONE, "first");
    err_set(op, ERR_GONE, "again: %s", op->err->detail);
    is_str(op->err->detail, "again: first", "a detail may quote the one it replaces");
    err_clear(op);
    is_int(op->err->code, ERR_OK, "cleared");
    is_int(passes_on(op, ERR_BUSY), ERR_BUSY, "TRY passes an error on");
    is_int(passes_on(op, ERR_OK), ERR_CONFLICT, "TRY goes on after success");
    err_clear(op);
}

static void test_fields(struct op *op)
{
    char pointer[] = "/lines/0/quantity";
    struct field_error *first = err_field(op, pointer, "required", NULL);
    pointer[0] = 'x';
    is_int(op->err->code, ERR_INVALID_FIELD, "a field error makes the work invalid");
    is_str(first->pointer, "/lines/0/quantity", "the pointer is copied");
    is_str(first->message, err_field_text("required", LANG_FA), "the code's text in the language");
    err_set(op, ERR_OUT_OF_STOCK, NULL);
    struct field_error *second = err_field(op, "/b", "out_of_stock", "دو تا");
    is_int(op->err->code, ERR_OUT_OF_STOCK, "a code that is set stays");
    ok(op->err->fields == first && first->next == second && !second->next, "order of detection");
    is_str(second->message, "دو تا", "given message");
}

int main(void)
{
    struct arena *a = arena_create("test");
    struct errinfo info = { 0 };
    struct op op = { .arena = a, .err = &info, .lang = LANG_FA };
    test_catalogue();
    test_record(&op);
    test_fields(&op);
    arena_destroy(a);
    return done();
}
