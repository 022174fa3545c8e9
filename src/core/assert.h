/* Bugs: an assertion that fails logs, leaves its text for the master and aborts the process; the
 * master starts a new one and names the work that was in hand. Never for input. Any process. */
#ifndef CORE_ASSERT_H
#define CORE_ASSERT_H

_Noreturn void assertion_failed(const char *file, int line, const char *text);
/* Called with the text before aborting (the scoreboard's last words). */
void assertion_witness(void (*witness)(const char *text));

#define ASSERT(cond)                                          \
    do {                                                      \
        if (!(cond))                                          \
            assertion_failed(__FILE__, __LINE__, #cond);      \
    } while (0)

#endif
