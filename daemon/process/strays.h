/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel tells of children beside the end of those that somebody knows. Some are stopped.
 * And some are children of this process although nobody here knows them: the spawner could not
 * say so (no fd was left to receive it with, it died itself), or there was no way to watch them.
 * They end by themselves, having nobody to talk to; here they are reaped.
 */
#ifndef DAEMON_PROCESS_STRAYS_H
#define DAEMON_PROCESS_STRAYS_H

#include <systemd/sd-event.h>

struct log;
struct spawner;

enum {
    STRAYS_AGAIN_USEC = 1000000,
};

struct strays {
    struct log *log;
    struct children *children;
    const struct spawner *spawner;
    sd_event_source *ended; /* SIGCHLD */
    sd_event_source *again;
    sd_event_source *stopped; /* for those that are stopped */
};

/* Reaps those that are neither CHILDREN nor on their way from SPAWNER, and has CHILDREN looked at.
 * Returns 0 or -errno. */
int strays_start(struct strays *strays, struct log *log, struct children *children,
                 const struct spawner *spawner);
void strays_stop(struct strays *strays);

#endif
