/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The phases of the daemon's life, and what the service manager hears of them (sd_notify).
 */
#ifndef DAEMON_PHASE_H
#define DAEMON_PHASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum phase_state {
    PHASE_STARTING, /* the first scan is not compiled yet */
    PHASE_SERVING,
    PHASE_RELOADING, /* serving; a reload that the service manager asked for is under way */
    PHASE_STOPPING,
};

struct phase {
    enum phase_state state;
    uint64_t barrier; /* the scan that PHASE_STARTING or PHASE_RELOADING waits for */
    /* What the service manager was told last. */
    size_t served;
    size_t failed;
};

/* All scans before PENDING are in service. True where that is the moment to begin to serve. */
bool phase_may_serve(const struct phase *phase, uint64_t pending);

/*
 * Tells the service manager what is in service, where that changed: SERVED profiles, and FAILED
 * ones. Where what it waits for is done (see PENDING), it hears so, and PHASE is PHASE_SERVING.
 */
void phase_tell(struct phase *phase, uint64_t pending, size_t served, size_t failed);

/*
 * A reload begins at NOW_USEC (CLOCK_MONOTONIC). It is done when BARRIER is in service, which the
 * caller sets. Returns false where there is to be none, because the daemon stops.
 */
bool phase_reload(struct phase *phase, uint64_t now_usec);

/* The daemon stops. Returns false where it did already. */
bool phase_stop(struct phase *phase);

#endif
