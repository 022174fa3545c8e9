/* W3C trace context, version 00. */
#include "core/trace.h"

#include <stdio.h>
#include <string.h>

#include "core/crypto.h"

/* "00-" 32 hex "-" 16 hex "-" 2 hex */
#define HEADER_LENGTH 55
#define TRACE_AT 3
#define SPAN_AT 36
#define FLAGS_AT 53

static void random_hex(char *out, size_t digits)
{
    static const char alphabet[] = "0123456789abcdef";
    uint8_t bytes[16];
    crypto_random(bytes, digits / 2);
    bytes[0] |= 1; /* an id of zeros is invalid */
    for (size_t i = 0; i < digits; i++)
        out[i] = alphabet[bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
    out[digits] = '\0';
}

static bool is_id(const char *p, size_t n)
{
    return strspn(p, "0123456789abcdef") >= n && strspn(p, "0") < n;
}

static bool is_valid(const char *h)
{
    return h && strlen(h) == HEADER_LENGTH && strncmp(h, "00-", 3) == 0 &&
           is_id(h + TRACE_AT, 32) && h[SPAN_AT - 1] == '-' && is_id(h + SPAN_AT, 16) &&
           h[FLAGS_AT - 1] == '-' && strspn(h + FLAGS_AT, "0123456789abcdef") == 2;
}

void trace_start(struct trace *t, const char *traceparent)
{
    random_hex(t->span_id, 16);
    if (!is_valid(traceparent)) {
        random_hex(t->trace_id, 32);
        t->parent_id[0] = '\0';
        t->sampled = true;
        return;
    }
    snprintf(t->trace_id, sizeof(t->trace_id), "%.32s", traceparent + TRACE_AT);
    snprintf(t->parent_id, sizeof(t->parent_id), "%.16s", traceparent + SPAN_AT);
    t->sampled = strchr("13579bdf", traceparent[FLAGS_AT + 1]) != NULL;
}

void trace_header(const struct trace *t, char out[56])
{
    snprintf(out, HEADER_LENGTH + 1, "00-%.32s-%.16s-%s", t->trace_id, t->span_id,
             t->sampled ? "01" : "00");
}
