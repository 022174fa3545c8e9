/* What a dying process leaves in its slot: the failed assertion, or the signal and its address. */
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "core/assert.h"
#include "proc/scoreboard.h"
#include "proc/worker.h"

#define STACK_BYTES (64 * 1024) /* own stack: the other one may be what has run out */

static const struct fatal {
    int sig;
    const char *name;
} fatals[] = {
    { SIGABRT, "aborted" },          { SIGSEGV, "segmentation fault at 0x" },
    { SIGBUS, "bus error at 0x" },   { SIGFPE, "arithmetic error at 0x" },
    { SIGILL, "bad instruction at 0x" },
};

/* Async-signal-safe: name and, when it ends in "0x", the address in hex. */
static void compose(char *out, size_t size, const char *name, uintptr_t address)
{
    size_t n = strlen(name);
    memcpy(out, name, n);
    if (name[n - 1] == 'x')
        for (int shift = (int)sizeof(address) * 8 - 4; shift >= 0 && n < size - 1; shift -= 4)
            out[n++] = "0123456789abcdef"[(address >> shift) & 15];
    out[n] = '\0';
}

/* The handler has been reset: raising again ends the process as the signal would have. */
static void handle_fatal(int sig, siginfo_t *info, void *context)
{
    (void)context;
    char text[80];
    for (size_t i = 0; i < sizeof(fatals) / sizeof(fatals[0]); i++)
        if (fatals[i].sig == sig) {
            compose(text, sizeof(text), fatals[i].name, (uintptr_t)info->si_addr);
            scoreboard_last_words(text);
        }
    raise(sig);
}

void last_words_install(void)
{
    static char stack[STACK_BYTES];
    const stack_t own = { .ss_sp = stack, .ss_size = sizeof(stack) };
    struct sigaction sa = { .sa_sigaction = handle_fatal,
                            .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER };
    assertion_witness(scoreboard_last_words);
    sigaltstack(&own, NULL);
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < sizeof(fatals) / sizeof(fatals[0]); i++)
        sigaction(fatals[i].sig, &sa, NULL);
}
