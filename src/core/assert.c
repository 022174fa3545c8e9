/* What happens when an assertion fails. */
#include "core/assert.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"

static void (*last_witness)(const char *text);

void assertion_witness(void (*witness)(const char *text))
{
    last_witness = witness;
}

void assertion_failed(const char *file, int line, const char *text)
{
    char words[200];
    snprintf(words, sizeof(words), "%s:%d: %s", file, line, text);
    if (last_witness)
        last_witness(words);
    log_error("assertion failed: %s", words);
    abort();
}
