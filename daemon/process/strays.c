/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reaps children that nobody knows. Those that somebody knows are sd-event's to reap. */
#include "daemon/process/strays.h"

#include <sys/wait.h>

#include "daemon/daemon.h"

/* True where a process is being made: it may be there already, and be told of in a moment. */
static bool is_bearing(const struct daemon *daemon)
{
    return workers_are_coming(&daemon->workers) || cache_writer_is_coming(&daemon->writer);
}

static bool is_known(const struct daemon *daemon, pid_t pid)
{
    return workers_know(&daemon->workers, pid) || cache_writer_knows(&daemon->writer, pid);
}

static void reap(struct daemon *daemon)
{
    siginfo_t info = {0};

    /* Only looks: a process that is known, or will be, keeps its number until it is dealt with. */
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0) {
        pid_t pid = info.si_pid;

        if (is_bearing(daemon) || is_known(daemon, pid)) {
            sd_event_source_set_time_relative(daemon->strays.again, STRAYS_AGAIN_USEC);
            sd_event_source_set_enabled(daemon->strays.again, SD_EVENT_ONESHOT);
            return;
        }
        log_write(&daemon->log, LOG_DEBUG, "process %d ended, of which nothing was known", pid);
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) < 0)
            return;
        info.si_pid = 0;
    }
}

static int on_ended(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
    (void)source;
    (void)info;
    reap(user);
    return 0;
}

static int on_again(sd_event_source *source, uint64_t usec, void *user)
{
    (void)source;
    (void)usec;
    reap(user);
    return 0;
}

int strays_start(struct daemon *daemon)
{
    struct strays *strays = &daemon->strays;
    int r = sd_event_add_signal(daemon->event, &strays->ended, SIGCHLD, on_ended, daemon);

    /* Behind what reaps the known ones. */
    if (r >= 0)
        r = sd_event_source_set_priority(strays->ended, PRIORITY_COMPILES);
    if (r >= 0)
        r = sd_event_add_time_relative(daemon->event, &strays->again, CLOCK_MONOTONIC, 0, 0,
                                       on_again, daemon);
    if (r >= 0)
        r = sd_event_source_set_enabled(strays->again, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void strays_stop(struct daemon *daemon)
{
    daemon->strays.ended = sd_event_source_disable_unref(daemon->strays.ended);
    daemon->strays.again = sd_event_source_disable_unref(daemon->strays.again);
}
