/* The shared board between real processes. */
#include "proc/scoreboard.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/breaker.h"
#include "tap.h"

#define SLOTS 6

/* Runs fn in a child that owns the slot; the value is its exit status, negative for a signal. */
static int in_worker(size_t slot, int (*fn)(void))
{
    int status;
    fflush(stdout);
    scoreboard_assign(slot, 0, (int)slot * 10, 3);
    pid_t pid = fork();
    if (pid == 0) {
        scoreboard_use(slot);
        _exit(fn());
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int dies_busy(void)
{
    scoreboard_idle();
    scoreboard_busy(-1, "0123456789012345678901234567890123456789012345678901234567890123+tail");
    scoreboard_idle();
    scoreboard_busy(-1, "request-8");
    scoreboard_busy(8, "request-8");
    scoreboard_last_words("cart.c:10: lines > 0");
    scoreboard_last_words("aborted");
    kill(getpid(), SIGKILL);
    return 0;
}

static int long_id(void)
{
    char text[300];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    scoreboard_busy(1, text);
    scoreboard_last_words(text);
    return 0;
}

static void test_entry(void)
{
    struct scoreboard_entry e;
    is_int(in_worker(2, dies_busy), -SIGKILL, "a worker dies in the middle of a request");
    scoreboard_read(2, &e);
    is_int(e.state, SLOT_BUSY, "its slot says busy");
    is_int(e.route, 8, "with what");
    is_str(e.request_id, "request-8", "for whom");
    is_int(e.service, 20, "in which service");
    is_int(e.generation, 3, "of which generation");
    is_int((int64_t)e.requests, 2, "after how many requests");
    is_str(e.last_words, "cart.c:10: lines > 0", "the first last words stay");
    ok(e.pid > 0 && e.pid != getpid(), "under its own process id");
    scoreboard_clear(2);
    scoreboard_read(2, &e);
    is_int(e.state, SLOT_EMPTY, "cleared");
    is_str(e.request_id, "", "without request");
    is_str(e.last_words, "", "without words");
    is_int(in_worker(2, long_id), 0, "long texts");
    scoreboard_read(2, &e);
    is_int((int64_t)strlen(e.request_id), 64, "a request id is cut at 64");
    is_int((int64_t)strlen(e.last_words), 199, "last words are cut at their room");
    scoreboard_drain(2);
    scoreboard_read(2, &e);
    is_int(e.state, SLOT_BUSY, "a busy slot stays busy when told to end");
    scoreboard_clear(2);
}

static int enter_two(void)
{
    static const int64_t cart[] = { 11, 12 };
    bool in = scoreboard_wait_enter(cart, 2, 2);
    kill(getpid(), in ? SIGKILL : SIGTERM);
    return 0;
}

static int enter_one(void)
{
    static const int64_t cart[] = { 12 };
    return scoreboard_wait_enter(cart, 1, 2) ? 0 : 1;
}

static int enter_other(void)
{
    static const int64_t cart[] = { 13, 11 };
    return scoreboard_wait_enter(cart, 2, 2) ? 0 : 1;
}

static int enter_and_leave(void)
{
    static const int64_t cart[] = { 12 };
    if (!scoreboard_wait_enter(cart, 1, 3))
        return 1;
    scoreboard_wait_leave();
    return 0;
}

static void test_waiting_room(void)
{
    static const int64_t cart[] = { 12 };
    ok(scoreboard_wait_enter(cart, 1, 1) && scoreboard_wait_enter(cart, 1, 1),
       "who owns no slot is never sent away");
    is_int(in_worker(0, enter_two), -SIGKILL, "the first waits, and is killed waiting");
    is_int(in_worker(1, enter_one), 0, "the second has room: one waits");
    is_int(in_worker(2, enter_one), 1, "the third is sent away: two wait");
    is_int(in_worker(2, enter_other), 0, "another variant has room");
    is_int(in_worker(3, enter_other), 1, "any full variant of a cart refuses it");
    is_int(in_worker(4, enter_and_leave), 0, "in and out under a higher bound");
    is_int(in_worker(4, enter_one), 1, "leaves nothing behind");
    scoreboard_clear(0);
    is_int(in_worker(4, enter_one), 0, "the slot of a dead worker is cleared with its waits");
    for (size_t i = 0; i < SLOTS; i++)
        scoreboard_clear(i);
}

/* Many at once: never more inside than allowed, and a kill in the room blocks nobody. */
static struct {
    _Atomic int inside, most, entered;
} *room;

static int crowd(void)
{
    static const int64_t cart[] = { 5 };
    for (int i = 0; i < 3000; i++) {
        if (!scoreboard_wait_enter(cart, 1, 2))
            continue;
        int now = atomic_fetch_add(&room->inside, 1) + 1;
        int most = atomic_load(&room->most);
        while (now > most && !atomic_compare_exchange_weak(&room->most, &most, now))
            continue;
        atomic_fetch_add(&room->entered, 1);
        atomic_fetch_sub(&room->inside, 1);
        scoreboard_wait_leave();
    }
    return 0;
}

static void test_crowd(void)
{
    pid_t pid[4];
    fflush(stdout);
    room = mmap(NULL, sizeof(*room), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < 4; i++) {
        scoreboard_assign(i, 0, 0, 1);
        pid[i] = fork();
        if (pid[i] == 0) {
            scoreboard_use(i);
            _exit(crowd());
        }
    }
    for (size_t i = 0; i < 4; i++)
        waitpid(pid[i], NULL, 0);
    ok(atomic_load(&room->entered) > 0, "some of the crowd got in");
    ok(atomic_load(&room->most) <= 2, "never more than two at once");
}

static int fail_call(void)
{
    scoreboard_breaker(0)->failures++;
    return 0;
}

int main(void)
{
    ok(scoreboard_slots() == 0, "no board yet");
    ok(scoreboard_breaker(3) != NULL, "breakers without a board are the process's own");
    if (!ok(scoreboard_create(SLOTS), "board made"))
        return done();
    is_int((int64_t)scoreboard_slots(), SLOTS, "slots");
    test_entry();
    test_waiting_room();
    test_crowd();
    is_int(in_worker(0, fail_call), 0, "a worker counts a failed call");
    is_int((int64_t)scoreboard_breaker(0)->failures, 1, "all see it");
    return done();
}
