/* A small SMTP listener whose mails end in the inbox. One thread per connection. Plain text, no
 * login, one size cap; for loopback. */
#ifndef SANDBOX_SMTP_H
#define SANDBOX_SMTP_H

#include <stdbool.h>

bool smtp_start(void); /* does nothing without a port; reason on stderr when false */
void smtp_stop(void);  /* after state_stop(); waits for the conversations */

#endif
