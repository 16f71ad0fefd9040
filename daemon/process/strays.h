/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that are children of this one although nobody here knows them: what makes them could
 * not say so (no fd was left to receive it with, it died itself), or there was no way to watch
 * them. They end by themselves, having nobody to talk to; here they are reaped.
 */
#ifndef DAEMON_PROCESS_STRAYS_H
#define DAEMON_PROCESS_STRAYS_H

#include <systemd/sd-event.h>

struct daemon;

enum {
    STRAYS_AGAIN_USEC = 1000000,
};

struct strays {
    sd_event_source *ended; /* SIGCHLD */
    sd_event_source *again;
};

/* Returns 0 or -errno. */
int strays_start(struct daemon *daemon);
void strays_stop(struct daemon *daemon);

#endif
