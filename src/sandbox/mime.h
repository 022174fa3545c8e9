/* Mail as people read it: header words (RFC 2047), transfer encodings, the text part of a
 * multipart. Pure functions on bytes; results are heap texts the caller frees. UTF-8 is assumed;
 * other charsets come out as their bytes. Never fails: what cannot be decoded stays as it is. */
#ifndef SANDBOX_MIME_H
#define SANDBOX_MIME_H

#include <stddef.h>

struct mime_mail {
    char *subject, *from, *to, *message_id; /* decoded; "" when absent */
    char *text; /* the text/plain part, else the text/html part; CRLF as LF */
    char *html; /* NULL unless there is an HTML part */
};

void mime_parse(const char *raw, size_t n, struct mime_mail *out);
void mime_free(struct mime_mail *m);

char *mime_words(const char *s);                       /* =?utf-8?B?…?= and =?utf-8?Q?…?= */
char *mime_quoted_printable(const char *s, size_t n);  /* body form: soft line ends, =XX */
char *mime_base64(const char *s, size_t n);            /* ignores what is not base64 */

#endif
