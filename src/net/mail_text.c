/* Composes a mail. */
#include "net/mail_text.h"

#include <string.h>
#include <time.h>

#include "core/arena.h"
#include "core/crypto.h"
#include "core/text.h"

#define ADDRESS_MAX 254
#define WORD_BYTES 39 /* of text in an encoded word: "Subject: " and it stay below 76 characters */
#define LINE_BYTES 57 /* of text in a body line of 76 characters */

static bool is_atom(const char *s, size_t n, const char *more)
{
    if (n == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !(c != '\0' && strchr(more, c)))
            return false;
    }
    return true;
}

bool mail_address_good(const char *address)
{
    const char *at = strchr(address, '@');
    size_t n = strlen(address);
    return at && n <= ADDRESS_MAX && address[0] != '-' && at[1] != '.' && at[1] != '-' &&
           is_atom(address, (size_t)(at - address), ".!#$%&'*+/=?^_`{|}~-") &&
           is_atom(at + 1, n - (size_t)(at + 1 - address), ".-");
}

static bool is_header_text(const char *s)
{
    if (!text_valid_utf8(str_of(s)))
        return false;
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 0x7f)
            return false;
    return true;
}

/* The longest part of at most `max` bytes that ends between characters. */
static size_t whole_characters(struct str s, size_t max)
{
    if (s.n <= max)
        return s.n;
    while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
        max--;
    return max;
}

/* Plain ASCII stays readable; anything else becomes encoded words, one a line. */
static void add_words(struct arena *a, struct buf *b, const char *text)
{
    struct str rest = str_of(text);
    bool ascii = rest.n <= 60;
    for (size_t i = 0; i < rest.n; i++)
        ascii = ascii && (unsigned char)rest.p[i] < 0x80;
    if (ascii && !strstr(text, "=?")) {
        buf_str(b, text);
        return;
    }
    for (const char *fold = ""; rest.n > 0; fold = "\r\n ") {
        size_t n = whole_characters(rest, WORD_BYTES);
        buf_printf(b, "%s=?UTF-8?B?%s?=", fold, crypto_base64(a, rest.p, n));
        rest.p += n;
        rest.n -= n;
    }
}

static void add_date(struct buf *b, int64_t unix_seconds)
{
    static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t seconds = (time_t)unix_seconds;
    struct tm t;
    gmtime_r(&seconds, &t);
    buf_printf(b, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[t.tm_wday], t.tm_mday,
               months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* Line ends become CRLF, as the text type demands. */
static struct str with_crlf(struct arena *a, const char *text)
{
    struct buf b;
    buf_init(&b, a, strlen(text) + 64);
    for (; *text; text++) {
        if (*text == '\r')
            continue;
        if (*text == '\n')
            buf_char(&b, '\r');
        buf_char(&b, *text);
    }
    buf_str(&b, "\r\n");
    return buf_slice(&b);
}

static void add_body(struct arena *a, struct buf *b, const char *text)
{
    struct str rest = with_crlf(a, text);
    while (rest.n > 0) {
        size_t n = rest.n < LINE_BYTES ? rest.n : LINE_BYTES;
        buf_printf(b, "%s\r\n", crypto_base64(a, rest.p, n));
        rest.p += n;
        rest.n -= n;
    }
}

static const char *find_problem(const char *from, const struct mail *mail)
{
    if (!mail_address_good(from))
        return "smtp.from is not an address";
    if (!mail_address_good(mail->to))
        return "the recipient is not an address";
    if (!is_header_text(mail->subject))
        return "the subject has control characters";
    if (!is_atom(mail->message_id, strlen(mail->message_id), ".-_"))
        return "the message id has characters that are not allowed";
    return NULL;
}

bool mail_compose(struct arena *a, const char *from, const struct mail *mail, int64_t unix_seconds,
                  struct str *out, const char **problem)
{
    struct buf b;
    *problem = find_problem(from, mail);
    if (*problem)
        return false;
    buf_init(&b, a, 1024 + 2 * strlen(mail->text));
    add_date(&b, unix_seconds);
    buf_printf(&b, "From: <%s>\r\nTo: <%s>\r\nSubject: ", from, mail->to);
    add_words(a, &b, mail->subject);
    buf_printf(&b, "\r\nMessage-ID: <%s%s>\r\n", mail->message_id, strchr(from, '@'));
    buf_str(&b, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
                "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n");
    add_body(a, &b, mail->text);
    *out = buf_slice(&b);
    return true;
}
