/* HTTPS server: one thread per connection, so that a delayed answer delays nobody else. */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include <stdbool.h>

bool server_start(void); /* reason on stderr when false */
void server_stop(void);  /* waits for the connection threads */

#endif
