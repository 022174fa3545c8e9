/* How a mail is written, and what is refused. */
#include "net/mail_text.h"

#include "core/arena.h"
#include "core/crypto.h"
#include "tap.h"

#define FROM "shop@example.com"

static struct arena *a;

static const char *compose(const struct mail *mail, const char **problem)
{
    struct str out;
    return mail_compose(a, FROM, mail, 1795411140, &out, problem) ? str_dup(a, out) : NULL;
}

static void test_addresses(void)
{
    static const char *const good[] = { "a@b.c", "sara.a+shop@mail.example.ir", "o'neil@x-y.org" };
    static const char *const bad[] = {
        "",        "a",          "@b.c",        "a@",          "a b@c.d",   "a@b@c",
        "a@b c",   "<a@b.c>",    "a@b.c\r\n",   "a@b.c,d@e.f", "\"a\"@b.c", "a@b.c\nBcc: x@y.z",
        "ن@b.c", "a@[::1]", "-oQ@b.c", "a@-b.c", "a;b@c.d", "a@.c",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ok(mail_address_good(good[i]), "address %s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ok(!mail_address_good(bad[i]), "no address: case %zu", i);
}

static void test_headers(void)
{
    const char *problem;
    const char *text = compose(&(struct mail){ "sara@example.ir", "Order 12", "Hello\n", "job-7" },
                               &problem);
    if (!ok(text, "a mail is composed"))
        return;
    ok(strstr(text, "Date: Mon, 23 Nov 2026 05:19:00 +0000\r\n"), "date");
    ok(strstr(text, "From: <shop@example.com>\r\nTo: <sara@example.ir>\r\n"), "addresses");
    ok(strstr(text, "Subject: Order 12\r\n"), "a plain subject stays as it is");
    ok(strstr(text, "Message-ID: <job-7@example.com>\r\n"), "message id under the sender's domain");
    ok(strstr(text, "charset=UTF-8"), "charset");
    const char *body = strstr(text, "\r\n\r\n");
    is_str(body ? body + 4 : NULL, "SGVsbG8NCg0K\r\n", "the body is base64 with CRLF line ends");
}

/* Puts the encoded words of the subject together again. */
static const char *decode_subject(const char *text)
{
    struct buf out;
    buf_init(&out, a, 100);
    const char *end = strstr(text, "\r\nMessage-ID");
    for (const char *p = strstr(text, "=?UTF-8?B?"); p && p < end; p = strstr(p, "=?UTF-8?B?")) {
        const char *stop = strstr(p + 10, "?=");
        struct str part;
        if (!crypto_base64_decode(a, (struct str){ p + 10, (size_t)(stop - p - 10) }, &part))
            return NULL;
        buf_add(&out, part.p, part.n);
        p = stop;
    }
    return buf_text(&out);
}

static void test_persian(void)
{
    const char *subject = "سفارش شما پرداخت شد و به‌زودی برایتان فرستاده می‌شود؛ سپاس از خرید شما";
    const char *problem;
    const char *text = compose(&(struct mail){ "a@b.c", subject, "متن نامه", "j" }, &problem);
    if (!ok(text, "a Persian mail is composed"))
        return;
    is_str(decode_subject(text), subject, "its subject comes back from encoded words");
    size_t longest = 0, n = 0;
    for (const char *p = text; *p; p++) {
        n = *p == '\n' ? 0 : n + 1;
        longest = n > longest ? n : longest;
        if ((unsigned char)*p >= 0x80) {
            ok(false, "only ASCII travels");
            return;
        }
    }
    ok(longest <= 78, "no line is longer than it may be");
    text = compose(&(struct mail){ "a@b.c", "=?UTF-8?B?eA==?=", "x", "j" }, &problem);
    is_str(text ? decode_subject(text) : NULL, "=?UTF-8?B?eA==?=", "a subject cannot pretend");
}

static void test_injection(void)
{
    static const struct mail bad[] = {
        { "a@b.c\r\nBcc: all@x.y", "s", "t", "j" },
        { "a@b.c", "s\r\nBcc: all@x.y", "t", "j" },
        { "a@b.c", "s\nX: y", "t", "j" },
        { "a@b.c", "s\x7f", "t", "j" },
        { "a@b.c", "s\xff", "t", "j" },
        { "a@b.c", "s", "t", "j>\r\nX: y" },
        { "a@b.c", "s", "t", "" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *problem = NULL;
        ok(!compose(&bad[i], &problem) && problem, "header injection is refused: %zu", i);
    }
}

int main(void)
{
    a = arena_create("test");
    test_addresses();
    test_headers();
    test_persian();
    test_injection();
    arena_destroy(a);
    return done();
}
