/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The entries on their way to the disk, and what the process that writes them is to do next.
 * Touches memory only: writer.c does what is decided here, and says what came of it.
 */
#ifndef DAEMON_CACHE_QUEUE_H
#define DAEMON_CACHE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/digest.h"

enum {
    CACHE_QUEUE_BYTES = 32 * 1024 * 1024, /* of entries that wait to be written */
};

/* What an entry is for. One that is full takes no entry in the place of what matters more. */
enum cache_use {
    CACHE_AHEAD,  /* it was made ahead of time: in the place of entries that nobody uses any more */
    CACHE_ASKED,  /* somebody asked for it: in the place of what was made ahead of time, too */
    CACHE_NEEDED, /* each start needs it: in the place of any other */
};

/* An entry on its way to the disk. */
struct cache_write {
    STAILQ_ENTRY(cache_write) link;
    bool again;  /* it was tried once, while the directory was gone */
    bool costly; /* to make it again takes longer than to have the disk keep it for sure */
    enum cache_use use;
    uint8_t key[DIGEST_SIZE];
    size_t size; /* 0: what is there is to be dropped */
    uint8_t bytes[];
};

/* What the process does. */
enum cache_step {
    CACHE_STEP_NONE,
    CACHE_STEP_MAKE,  /* it looks for the directory, and makes it where it is missing */
    CACHE_STEP_WRITE, /* it has the first entry */
};

struct cache_queue {
    STAILQ_HEAD(cache_write_list, cache_write) writes;
    size_t n;
    size_t bytes; /* of all of them */
    enum cache_step step;
    bool is_stale; /* the process has no directory open, or says that it is out of its place */
    /* Called for each entry when it is done with: RESULT is as below, or -errno. */
    void (*done)(void *user, int result);
    void *user;
};

enum {
    CACHE_WRITTEN = 0,
    CACHE_DROPPED = 1, /* or was not there, or cannot be removed */
    CACHE_FULL = 2,    /* there is no room for what it is for */
};

void cache_queue_init(struct cache_queue *queue, void (*done)(void *user, int result), void *user);

/*
 * Adds WRITE (consumed). Returns 0; -EAGAIN where too much waits, which takes a disk that does
 * nothing for as long as ten thousand compiles take.
 */
int cache_queue_add(struct cache_queue *queue, struct cache_write *write);

/* The newest entry that waits to be written under KEY; NULL: there is none. */
const struct cache_write *cache_queue_find(const struct cache_queue *queue,
                                           const uint8_t key[DIGEST_SIZE]);

/* True where it matters whether the directory is in its place: see cache_queue_next(). */
bool cache_queue_is_due(const struct cache_queue *queue);

/* What the process is to do now, which it does from here on; CACHE_STEP_NONE: nothing more. */
enum cache_step cache_queue_next(struct cache_queue *queue, bool in_place);

/* The same where no entry has to wait for it: CACHE_STEP_MAKE or CACHE_STEP_NONE. */
enum cache_step cache_queue_look(struct cache_queue *queue, bool in_place);

/* The first entry, which is to be written. */
const struct cache_write *cache_queue_first(const struct cache_queue *queue);

/* The directory is there (0), or cannot be used (-errno). */
void cache_queue_made(struct cache_queue *queue, int result);

/* What the process says of the first entry. One that a lost directory cost is tried once more. */
void cache_queue_written(struct cache_queue *queue, int result, bool in_place);

/* All that waits fails with ERROR. */
void cache_queue_fail(struct cache_queue *queue, int error);

#endif
