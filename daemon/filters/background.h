/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compiles ahead of time for the targets that are not this machine, into the disk cache; one step
 * in each round of the event loop that has nothing else to do.
 */
#ifndef DAEMON_FILTERS_BACKGROUND_H
#define DAEMON_FILTERS_BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "protocol/protocol.h"

struct daemon;

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

struct background {
    bool draining; /* it waits for entries on their way */
    sd_event_source *step;
    sd_event_source *place;        /* tells when something happens to the cache's directory */
    sd_event_source *pause;        /* it waits for this timer, if there is one */
    uint64_t pause_usec;           /* the last pause; 0: none since an entry was written */
    bool natives;                  /* this machine's filters may be missing on the disk, too */
    char why[BACKGROUND_WHY_SIZE]; /* the last line about it in the log; empty: all is well */
};

/* Returns 0 or -errno. */
int background_start(struct daemon *daemon);
void background_stop(struct daemon *daemon);

/* There may be something to do (again). */
void background_kick(struct daemon *daemon);

/* Lets it try again to write to the disk. */
void background_unpause(struct daemon *daemon);

/* An enum of cache-process.h, or -errno for an entry that was not written, which makes it pause. */
void background_note_written(struct daemon *daemon, int result);

/* There is no directory to write to, or nobody who could: WHY. It pauses. */
void background_note_failed(struct daemon *daemon, const char *why);

/* There is another directory. What is in service is missing there. */
void background_note_found(struct daemon *daemon);

/* How the cache is, which only it and requests write to. Looks, and has a lost one looked for. */
enum wire_cache_state background_cache_state(struct daemon *daemon);

/* How many variants it still has to look for; 0 while it pauses. */
uint32_t background_left(const struct daemon *daemon);

#endif
