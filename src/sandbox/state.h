/* The one mutex of the sandbox. Everything in memory (bank, inbox, faults, journal, traces, waiting
 * deliveries) is read and changed with it held, and it is never held across a system call that may
 * wait: handlers compute under it, the server and the workers do the I/O without it. */
#ifndef SANDBOX_STATE_H
#define SANDBOX_STATE_H

#include <stdbool.h>
#include <stdint.h>

void state_lock(void);
void state_unlock(void);
/* With the lock held: sleeps until state_wake(), state_stop() or the moment until_us. */
void state_wait(int64_t until_us);
void state_wake(void);
/* Without the lock: sleeps ms, less when the program is stopping. */
void state_pause(int64_t ms);
void state_stop(void);
bool state_stopping(void); /* lock held */

#endif
