/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the cache's writing process does to the disk: entries in, old ones out. It may touch the
 * cache's directory and nothing else.
 */
#ifndef DAEMON_CACHE_DISK_H
#define DAEMON_CACHE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/cache/queue.h"
#include "daemon/digest.h"

struct cache_disk {
    int place_fd;        /* the cache's directory; borrowed */
    int dir_fd;          /* its subdirectory with the entries; -1: not opened */
    uint64_t size_limit; /* of all entries, in bytes on the disk */
    int64_t since;       /* what was not used since this time (s) is of no use any more */
    uint64_t size;       /* of what is there, once COUNTED */
    bool counted;
    bool is_full; /* nothing can go for FULL_USE, as things were at FULL_SINCE */
    enum cache_use full_use;
    int64_t full_since;
};

/*
 * Opens the subdirectory, which is made where it is missing, in place of the one that is open, and
 * removes what an interrupted or older writer left behind. Returns 0 or -errno.
 */
int cache_disk_open(struct cache_disk *disk);

/*
 * Writes the SIZE bytes at BYTES as the entry KEY: to a temporary file, renamed; COSTLY: synced
 * before. Where all together would be over the limit, entries that matter less than USE go first,
 * of these the ones that were not used for longest. What is CACHE_NEEDED can be told by its mode,
 * 0600; others have 0400. Returns CACHE_WRITTEN, CACHE_FULL, or -errno (-ESTALE: the subdirectory
 * is another one by now). After a crash of the machine an entry may be cut short: its checksum says
 * so.
 */
int cache_disk_write(struct cache_disk *disk, const uint8_t key[DIGEST_SIZE], const void *bytes,
                     size_t size, enum cache_use use, bool costly);

/* Removes the entry KEY, if it is there and can be removed. */
void cache_disk_remove(struct cache_disk *disk, const uint8_t key[DIGEST_SIZE]);

#endif
