/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Has cache entries written to the disk by a process of its own, so that no fsync(2) is waited for
 * in the event loop. Losing an entry costs a compile later, nothing else. Where the directory with
 * the entries is not in its place any more it is made again. The process itself is not, since the
 * main process may make none: where it ended nothing is written until a restart, and where somebody
 * stopped it (SIGSTOP), until it goes on.
 */
#ifndef DAEMON_CACHE_WRITER_H
#define DAEMON_CACHE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/cache/entry.h"
#include "daemon/cache/queue.h"
#include "daemon/process/child.h"

struct cache_dir;
struct own_filters;

struct cache_writer {
    struct child child;
    struct cache_dir *dir;
    struct cache_queue queue;
    bool is_stopped;
    unsigned owed;       /* answers that nobody waits for any more */
    uint64_t size_limit; /* of all entries, in bytes on the disk; to be set before one is added */
    int64_t since;       /* CLOCK_REALTIME, s: entries not used since then are of no use any more */

    /* Called for each entry: RESULT is CACHE_WRITTEN, CACHE_FULL, CACHE_DROPPED or -errno. */
    void (*done)(void *user, int result);
    /* Called where the process ended, and how, or was stopped. Nothing is written from now on. */
    void (*lost)(void *user, const char *why);
    /* Called where one that was stopped goes on. */
    void (*went_on)(void *user);
    /* Called where there is no directory to write to, and WHY. */
    void (*failed)(void *user, const char *why);
    /* Called where the directory is another one than it was. */
    void (*found)(void *user);
    void *user;
};

/*
 * Starts the process. DIR, where a place was found, is borrowed. OWN has the filter that the
 * process installs. The callbacks have to be set. Returns 0 or -errno; then entries are refused.
 */
int cache_writer_start(struct cache_writer *writer, struct children *children,
                       struct cache_dir *dir, const struct own_filters *own);

/* False where nothing can be written, whatever happens to the directory. */
bool cache_writer_is_alive(const struct cache_writer *writer);

/* Ends the process. Entries that still wait are dropped. */
void cache_writer_stop(struct cache_writer *writer);

/*
 * Takes the entry with KEY for COMPILED to be written, which is for USE, and for sure where it was
 * COSTLY. Returns 0; -EAGAIN where too much waits; -EPIPE where there is no process; -ENOMEM.
 */
int cache_writer_add(struct cache_writer *writer, const struct compiled *compiled,
                     const uint8_t key[DIGEST_SIZE], enum cache_use use, bool costly);

/* The same for the entry under KEY, which is bad, to be removed. */
int cache_writer_drop(struct cache_writer *writer, const uint8_t key[DIGEST_SIZE]);

/* The newest entry that waits to be written under KEY; NULL: there is none. */
const struct cache_write *cache_writer_find(const struct cache_writer *writer,
                                            const uint8_t key[DIGEST_SIZE]);

/* Looks for the directory, where it is not in its place. What comes of it is called back. */
void cache_writer_look(struct cache_writer *writer);

/* How many entries are not on the disk yet. */
size_t cache_writer_waiting(const struct cache_writer *writer);

#endif
