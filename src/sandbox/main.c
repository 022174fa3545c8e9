/* tarazu-sandbox: plays the bank, the SMS providers, the mail server and the trace collector. */
#include <curl/curl.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/bank.h"
#include "sandbox/callback.h"
#include "sandbox/courier.h"
#include "sandbox/journal.h"
#include "sandbox/options.h"
#include "sandbox/server.h"
#include "sandbox/smtp.h"
#include "sandbox/state.h"
#include "sandbox/style.h"

static bool complain(const char *what, const char *name)
{
    fprintf(stderr, "tarazu-sandbox: %s %s: %s\n", what, name, strerror(errno));
    return false;
}

/* Makes the state folder and becomes --user, who then owns it. */
static bool become_user(void)
{
    struct passwd *user = options.user ? getpwnam(options.user) : NULL;
    if (options.user && !user)
        return complain("unknown user", options.user);
    if (mkdir(options.state_dir, 0700) != 0 && errno != EEXIST)
        return complain("cannot make", options.state_dir);
    if (!user || user->pw_uid == geteuid())
        return true;
    if (chown(options.state_dir, user->pw_uid, user->pw_gid) != 0)
        return complain("cannot give away", options.state_dir);
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
        setuid(user->pw_uid) != 0)
        return complain("cannot become", options.user);
    return true;
}

/* Payers who said "later" before a restart still pay. No thread runs yet. */
static void wake_late_payers(void)
{
    state_lock();
    for (size_t i = 0; i < bank_count(); i++) {
        if (bank_at(i)->late_at)
            callback_wake_payer(bank_at(i));
    }
    state_unlock();
}

/* Blocked in every thread, so that sigwait() in main() gets them. */
static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return set;
}

int main(int argc, char **argv)
{
    int signal_number = 0;
    if (!options_parse(argc, argv))
        return 2;
    signal(SIGPIPE, SIG_IGN);
    sigset_t stop = stop_signals();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !become_user() ||
        !journal_open(options.state_dir))
        return 1;
    style_load_font(options.font);
    wake_late_payers();
    bool up = courier_start() && smtp_start() && server_start();
    if (up) {
        printf("tarazu-sandbox: %s\n", options.base_url);
        fflush(stdout);
        sigwait(&stop, &signal_number);
    }
    state_stop();
    server_stop();
    smtp_stop();
    courier_stop();
    return up ? 0 : 1;
}
