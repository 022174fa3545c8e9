/* Mails as people read them. */
#include "sandbox/mime.h"

#include <stdlib.h>

#include "tap.h"

static void is_taken(char *got, const char *want, const char *name)
{
    is_str(got, want, name);
    free(got);
}

static void test_words(void)
{
    is_taken(mime_words("plain"), "plain", "a plain header stays");
    is_taken(mime_words("=?utf-8?B?2LPZgdin2LHYtA==?="), "سفارش", "base64 word");
    is_taken(mime_words("=?UTF-8?Q?a_b=C3=A9?= tail"), "a bé tail", "quoted word, text after it");
    is_taken(mime_words("=?utf-8?B?2LM=?=\r\n =?utf-8?B?2YE=?="), "سف",
             "no space between two words");
    is_taken(mime_words("=?utf-8?B?2LM="), "=?utf-8?B?2LM=", "an unfinished word stays");
    is_taken(mime_words("=?"), "=?", "the start of a word alone");
}

static void test_encodings(void)
{
    static const char quoted[] = "=D8=B3 one=\r\n two=\n three=3D =Z";
    is_taken(mime_quoted_printable(quoted, sizeof quoted - 1), "س one two three= =Z",
             "quoted-printable");
    is_taken(mime_quoted_printable("a=4", 3), "a=4", "cut in the middle of a code");
    is_taken(mime_base64("c2Fs\r\nYW0=", 10), "salam", "base64 over two lines");
    is_taken(mime_base64("", 0), "", "nothing");
}

static void parse(const char *raw, struct mime_mail *m)
{
    mime_parse(raw, strlen(raw), m);
}

static void test_simple_mail(void)
{
    struct mime_mail m;
    parse("Subject: =?utf-8?B?2LPZgdin2LHYtA==?=\r\n  TZ-1\r\nfrom: shop@example.com\r\nTo: "
          "a@b.ir\r\n\r\nsalam\r\nline\r\n",
          &m);
    is_str(m.subject, "سفارش  TZ-1", "folded subject");
    is_str(m.from, "shop@example.com", "header names ignore case");
    is_str(m.text, "salam\nline\n", "text with plain line ends");
    ok(m.html == NULL, "no HTML part");
    mime_free(&m);
    parse("Subject: x\r\n", &m);
    is_str(m.text, "", "a mail without a body");
    mime_free(&m);
    parse("", &m);
    is_str(m.subject, "", "an empty mail");
    mime_free(&m);
}

static void test_multipart(void)
{
    struct mime_mail m;
    parse("Content-Type: multipart/mixed; boundary=\"out er\"\r\n\r\npreamble\r\n"
          "--out er\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n"
          "--in\r\nContent-Type: text/html\r\n\r\n<b>x</b>\r\n"
          "--in\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
          "base64\r\n\r\n2LPZhNin2YU=\r\n--in--\r\n"
          "--out er\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--out er--\r\n",
          &m);
    is_str(m.text, "سلام", "the plain part of a nested multipart");
    is_str(m.html, "<b>x</b>", "its HTML part");
    mime_free(&m);
    parse("Content-Type: text/html\r\n\r\n<p>only</p>", &m);
    is_str(m.text, "<p>only</p>", "HTML stands in for a missing plain part");
    mime_free(&m);
    parse("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: "
          "text/plain\r\n\r\ncut",
          &m);
    is_str(m.text, "cut", "a multipart that was cut off");
    mime_free(&m);
}

int main(void)
{
    test_words();
    test_encodings();
    test_simple_mail();
    test_multipart();
    return done();
}
