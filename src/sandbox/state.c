/* The mutex, its condition and the stop flag. */
#include "sandbox/state.h"

#include <pthread.h>
#include <time.h>

#include "sandbox/when.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_cond_t stopped = PTHREAD_COND_INITIALIZER;
static bool stopping;

void state_lock(void)
{
    pthread_mutex_lock(&mutex);
}

void state_unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

static struct timespec moment(int64_t us)
{
    return (struct timespec){ .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
}

void state_wait(int64_t until_us)
{
    struct timespec until = moment(until_us);
    if (!stopping)
        pthread_cond_timedwait(&changed, &mutex, &until);
}

void state_wake(void)
{
    pthread_cond_broadcast(&changed);
}

void state_pause(int64_t ms)
{
    if (ms <= 0)
        return;
    int64_t until_us = when_now() + ms * 1000;
    struct timespec until = moment(until_us);
    state_lock();
    while (!stopping && when_now() < until_us)
        pthread_cond_timedwait(&stopped, &mutex, &until);
    state_unlock();
}

void state_stop(void)
{
    state_lock();
    stopping = true;
    pthread_cond_broadcast(&changed);
    pthread_cond_broadcast(&stopped);
    state_unlock();
}

bool state_stopping(void)
{
    return stopping;
}
