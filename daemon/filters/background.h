/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compiles ahead of time, into the disk cache: for the targets that are not this machine, and what
 * the disk lost. One step at a time, when there is nothing else to do; it pauses while nothing can
 * be written.
 */
#ifndef DAEMON_FILTERS_BACKGROUND_H
#define DAEMON_FILTERS_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/filters/service.h"
#include "protocol/protocol.h"

enum {
    BACKGROUND_WRITES_MAX = 16, /* entries on their way to the disk; with more it waits */
    /* Until there are so few: then it goes on with several of one profile, which share a worker. */
    BACKGROUND_WRITES_FEW = 2,
    /* Jobs that wait: a worker whose profile has another one goes on, else it is replaced. */
    BACKGROUND_AHEAD = 4,
    /* After an entry could not be written. It doubles until one can be. */
    BACKGROUND_PAUSE_MIN_USEC = 1000000,
    BACKGROUND_PAUSE_MAX_USEC = 60000000,
    BACKGROUND_WHY_SIZE = 512,
};

/* After an entry did not fit: until then nobody knows what is of no use any more. */
#define BACKGROUND_PAUSE_FULL_USEC UINT64_C(3600000000)

struct background {
    /* What it uses; set by its owner. Its cache is the service's. */
    struct service *service;
    const struct target *const *targets; /* those that are served */
    size_t n_targets;
    const char *path; /* of the cache, for people; NULL: there is to be none */

    int64_t since;                 /* CLOCK_REALTIME, s: when it began to look for all */
    bool draining;                 /* it waits for entries on their way */
    bool natives;                  /* this machine's filters may be missing on the disk, too */
    uint64_t paused_until_usec;    /* 0: it does not pause */
    uint64_t pause_usec;           /* the last pause; 0: none since an entry was written */
    char why[BACKGROUND_WHY_SIZE]; /* the last line about it in the log; empty: all is well */
    uint64_t errors;               /* entries that could not be written */
};

/* True where there may be something to do, so that background_step() is to be called when idle. */
bool background_is_wanted(const struct background *background);

/* Looks after one variant. Returns false where there is nothing to do until something happens. */
bool background_step(struct background *background);

/* Ends a pause that is over by now. */
void background_wake(struct background *background);

/* Lets it try again to write to the disk. */
void background_unpause(struct background *background);

/* CACHE_WRITTEN and the like (CACHE_FULL makes it pause for long), or -errno for an entry that was
 * not written, which makes it pause. */
void background_note_written(struct background *background, int result);

/* There is no directory to write to, or nobody who could: WHY. It pauses. */
void background_note_failed(struct background *background, const char *why);

/* There is somebody again who writes. What came into service meanwhile is missing on the disk. */
void background_note_writer(struct background *background);

/* There is another directory. What is in service is missing there. */
void background_note_found(struct background *background);

/* How the cache is, which only it and requests write to. Looks, and has a lost one looked for. */
enum wire_cache_state background_cache_state(const struct background *background);

/* How many variants it still has to look for; 0 while it pauses. */
uint32_t background_left(const struct background *background);

#endif
