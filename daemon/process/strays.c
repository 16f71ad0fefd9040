/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reaps children that nobody knows, and looks for those that are stopped. Those that somebody knows
 * are sd-event's to reap. */
#include "daemon/process/strays.h"

#include <sys/wait.h>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/priority.h"
#include "daemon/process/child.h"
#include "daemon/process/spawner.h"

static void reap(struct strays *strays)
{
    siginfo_t info = {0};

    /* Only looks: a process that is known, or will be, keeps its number until it is dealt with. */
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0) {
        pid_t pid = info.si_pid;

        /* One that is being made may be there already, and be told of in a moment. */
        if (strays->spawner->n_asked > 0 || children_know(strays->children, pid)) {
            sd_event_source_set_time_relative(strays->again, STRAYS_AGAIN_USEC);
            sd_event_source_set_enabled(strays->again, SD_EVENT_ONESHOT);
            return;
        }
        log_write(strays->log, LOG_DEBUG, "process %d ended, of which nothing was known", pid);
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) < 0)
            return;
        info.si_pid = 0;
    }
}

static int on_stopped(sd_event_source *source, uint64_t usec, void *user)
{
    struct strays *strays = user;

    (void)source;
    loop_set_timer(strays->stopped, children_look(strays->children, usec));
    return 0;
}

static int on_ended(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
    struct strays *strays = user;
    uint64_t now = 0;

    (void)info;
    reap(strays);
    sd_event_now(strays->children->event, CLOCK_MONOTONIC, &now);
    return on_stopped(source, now, strays);
}

static int on_again(sd_event_source *source, uint64_t usec, void *user)
{
    (void)source;
    (void)usec;
    reap(user);
    return 0;
}

int strays_start(struct strays *strays, struct log *log, struct children *children,
                 const struct spawner *spawner)
{
    int r;

    *strays = (struct strays){.log = log, .children = children, .spawner = spawner};
    r = sd_event_add_signal(children->event, &strays->ended, SIGCHLD, on_ended, strays);
    if (r >= 0)
        r = sd_event_source_set_priority(strays->ended, PRIORITY_STRAYS);
    if (r >= 0)
        r = sd_event_add_time_relative(children->event, &strays->again, CLOCK_MONOTONIC, 0, 0,
                                       on_again, strays);
    if (r >= 0)
        r = sd_event_source_set_enabled(strays->again, SD_EVENT_OFF);
    if (r >= 0)
        r = loop_add_timer(children->event, &strays->stopped, 0, on_stopped, strays);
    return r < 0 ? r : 0;
}

void strays_stop(struct strays *strays)
{
    strays->ended = sd_event_source_disable_unref(strays->ended);
    strays->again = sd_event_source_disable_unref(strays->again);
    strays->stopped = sd_event_source_disable_unref(strays->stopped);
}
