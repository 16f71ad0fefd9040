/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The phases of the daemon's life, and what the service manager hears of them: what sd_notify(3)
 * sends, but never waiting for who reads too slowly or not at all. What is lost is said again.
 */
#ifndef DAEMON_PHASE_H
#define DAEMON_PHASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
    PHASE_READY_USEC = 5000000, /* after the start: then it is ready, whatever is still compiled */
    PHASE_AGAIN_USEC = 1000000, /* after what the service manager did not read */
};

enum phase_state {
    PHASE_STARTING, /* serving; the first scan is not compiled yet */
    PHASE_SERVING,
    PHASE_RELOADING, /* serving; a reload that the service manager asked for is under way */
    PHASE_STOPPING,
};

struct phase {
    enum phase_state state;
    uint64_t barrier;    /* the scan that PHASE_STARTING or PHASE_RELOADING waits for */
    uint64_t ready_usec; /* PHASE_STARTING: when it ends at the latest */

    int sock; /* -1: nobody wants to hear anything */
    struct sockaddr_un manager;
    socklen_t manager_len;
    bool ready; /* it is to hear that what it waits for is done */
    /* What it was told last. */
    size_t served;
    size_t failed;
    uint64_t again_usec;    /* when that is tried again; UINT64_MAX: it has heard all */
    uint64_t watchdog_usec; /* how often it wants to hear that the daemon is alive; 0: not at all */
    uint64_t alive_usec;    /* when it is to hear that next */
};

/* The daemon starts at NOW_USEC (CLOCK_MONOTONIC). The environment says who is to hear of it. */
void phase_begin(struct phase *phase, uint64_t now_usec);

/*
 * Tells the service manager what is in service, where that changed: SERVED profiles, and FAILED
 * ones. All scans before PENDING are in service. Where what it waits for is done, it hears so, and
 * PHASE is PHASE_SERVING. Returns true where that is now, at the end of PHASE_STARTING.
 */
bool phase_tell(struct phase *phase, uint64_t now_usec, uint64_t pending, size_t served,
                size_t failed);

/* Tells it that the daemon is alive, if that is due. */
void phase_tell_alive(struct phase *phase, uint64_t now_usec);

/* When one of these two is to be called even if nothing happens; UINT64_MAX: never. */
uint64_t phase_next(const struct phase *phase);

/*
 * A reload begins at NOW_USEC (CLOCK_MONOTONIC). It is done when BARRIER is in service, which the
 * caller sets. Returns false where there is to be none, because the daemon stops.
 */
bool phase_reload(struct phase *phase, uint64_t now_usec);

/* The daemon stops. Returns false where it did already. */
bool phase_stop(struct phase *phase);

void phase_end(struct phase *phase);

#endif
