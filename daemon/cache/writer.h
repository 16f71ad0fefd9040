/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes cache entries to the disk in a process of its own, so that no fsync(2) is waited for in
 * the event loop. Losing an entry costs a compile later, nothing else. Where the directory is not
 * in its place any more it is made again, and a new process writes to the new one.
 */
#ifndef DAEMON_CACHE_WRITER_H
#define DAEMON_CACHE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/cache/dir.h"
#include "daemon/cache/entry.h"
#include "daemon/process/own-filter.h"
#include "daemon/process/standby.h"

enum {
    CACHE_QUEUE_MAX = 256, /* entries that wait to be written; more are dropped */
};

/* An entry on its way to the disk. */
struct cache_write {
    STAILQ_ENTRY(cache_write) link;
    bool again; /* it was tried once: by a process that ended, or where the directory was gone */
    uint8_t key[DIGEST_SIZE];
    size_t size; /* 0: what is there is to be dropped */
    uint8_t bytes[];
};

STAILQ_HEAD(cache_queue, cache_write);

/* From one state to the next. It is WRITER_NONE only while no entry waits. */
enum cache_writer_state {
    WRITER_NONE,
    WRITER_MAKING, /* a keeper looks for the directory, and makes it where it is missing */
    WRITER_COMING, /* a keeper makes the process */
    WRITER_READY,
};

struct cache_writer {
    sd_event *event;
    struct cache_dir *dir;
    struct standby keepers;
    enum cache_writer_state state;
    int sock; /* the process's, in WRITER_READY; else -1 */
    sd_event_source *io;
    sd_event_source *child;
    bool renewed;             /* the process that is being made has another directory */
    struct cache_queue queue; /* the first one is with the process where BUSY */
    size_t queued;
    bool busy;

    /* Called for each entry: RESULT is CACHE_WRITTEN, CACHE_DROPPED or -errno. */
    void (*done)(void *user, int result);
    /* Called where a process ended that should not: WHO it was, and how. */
    void (*lost)(void *user, const char *who, const char *why);
    /* Called where there is no directory to write to, or no process, and WHY. */
    void (*failed)(void *user, const char *why);
    /* Called where the directory is another one than it was. */
    void (*found)(void *user);
    void *user;
};

/*
 * Starts the keepers. DIR and EVENT are borrowed; DIR's directory may be closed. What is written
 * stays under SIZE_LIMIT bytes. OWN has the filters that the processes install. The callbacks have
 * to be set. Returns 0 or -errno; then entries are refused.
 */
int cache_writer_start(struct cache_writer *writer, sd_event *event, struct cache_dir *dir,
                       uint64_t size_limit, const struct own_filters *own);

/* False where nothing can be written any more, whatever happens to the directory. */
bool cache_writer_is_alive(const struct cache_writer *writer);

/* False where a process that ends is not replaced, nor a directory that is lost. */
bool cache_writer_is_healing(const struct cache_writer *writer);

/* True where a process is being made, and where PID is one that is known: see strays.h. */
bool cache_writer_is_coming(const struct cache_writer *writer);
bool cache_writer_knows(const struct cache_writer *writer, pid_t pid);

/* Ends the processes. Entries that still wait are dropped. */
void cache_writer_stop(struct cache_writer *writer);

/*
 * Takes ENTRY to be written under KEY. Returns 0; -EAGAIN where too many wait; -EPIPE where there
 * is no process, and will be none; -ENOMEM.
 */
int cache_writer_add(struct cache_writer *writer, const struct cache_entry *entry,
                     const uint8_t key[DIGEST_SIZE]);

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
