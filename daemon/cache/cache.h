/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cache on disk as a whole: where it lies, what is read from it, and the process that writes to
 * it. What becomes of it, whoever works ahead of time hears: background.h.
 */
#ifndef DAEMON_CACHE_CACHE_H
#define DAEMON_CACHE_CACHE_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/cache/dir.h"
#include "daemon/cache/entry.h"
#include "daemon/cache/writer.h"
#include "daemon/filters/cache-ops.h"

struct background;
struct log;

enum {
    CACHE_SIZE_EACH = 8 * 1024, /* for each filter of a profile, where nobody said how much */
};

#define CACHE_SIZE_MIN UINT64_C(67108864)
#define CACHE_SIZE_MAX UINT64_C(1073741824)

struct cache {
    uint64_t size_limit; /* of all entries, in bytes on the disk; 0: as many as profiles want */
    /* What it uses; set by its owner. */
    struct log *log;
    sd_event *event;
    struct background *background;
    void (*written)(void *user); /* one entry less waits to be written */
    void *user;

    struct cache_dir dir;
    struct cache_writer writer;
    sd_event_source *place; /* tells when something happens in the cache's directory */
    alignas(max_align_t) uint8_t bytes[CACHE_ENTRY_MAX + 1]; /* of the entry that was read last */
};

/* For a struct cache of which nothing is started yet. */
void cache_init(struct cache *cache);

/* What the service does with CACHE. */
struct cache_ops cache_ops(struct cache *cache);

/*
 * Finds the directory PATH, and starts the process that writes. Where that is not possible the log
 * says so, and the daemon does its work without.
 */
void cache_start(struct cache *cache, struct children *children, const char *path,
                 const struct own_filters *own);

/* Opens what was found, for the first scan. If it cannot be used, it is looked for again later. */
void cache_open(struct cache *cache);

/* Nothing that happens to the directory is told from now on; entries are still written. */
void cache_unwatch(struct cache *cache);

void cache_stop(struct cache *cache);

#endif
