/*
 * Writes cache entries to the disk in a process of its own, so that no fsync(2) is waited for in
 * the event loop. Losing an entry costs a compile later, nothing else.
 */
#ifndef DAEMON_CACHE_WRITER_H
#define DAEMON_CACHE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/cache.h"
#include "daemon/own-filter.h"
#include "daemon/standby.h"

enum {
    CACHE_QUEUE_MAX = 256, /* entries that wait to be written; more are dropped */
};

/* An entry on its way to the disk. */
struct cache_write {
    STAILQ_ENTRY(cache_write) link;
    uint8_t key[DIGEST_SIZE];
    size_t size;
    uint8_t bytes[];
};

STAILQ_HEAD(cache_queue, cache_write);

struct cache_writer {
    struct standby standby;
    struct cache_queue queue; /* the first one is with the process where BUSY */
    size_t queued;
    bool busy;
    /* Called for each entry that was written (RESULT 0) or not (-errno). */
    void (*done)(void *user, int result);
    /* Called where the process ended, and how. Entries that waited were not written. */
    void (*lost)(void *user, const char *why);
    void *user;
};

/*
 * Starts the process and its spare. It writes to the directory DIR_FD and keeps its entries under
 * SIZE_LIMIT bytes. EVENT is borrowed; OWN is the filter that it installs. The callbacks have to be
 * set. Returns 0 or -errno; then entries are refused.
 */
int cache_writer_start(struct cache_writer *writer, sd_event *event, int dir_fd,
                       uint64_t size_limit, const struct own_filters *own);

/* True while there is a process. */
bool cache_writer_is_alive(const struct cache_writer *writer);

/* Ends the process. Entries that still wait are dropped. */
void cache_writer_stop(struct cache_writer *writer);

/*
 * Takes ENTRY to be written under KEY. Returns 0; -EAGAIN where too many wait; -EPIPE where there
 * is no process; -ENOMEM.
 */
int cache_writer_add(struct cache_writer *writer, const struct cache_entry *entry,
                     const uint8_t key[DIGEST_SIZE]);

/* How many entries are not on the disk yet. */
size_t cache_writer_waiting(const struct cache_writer *writer);

#endif
