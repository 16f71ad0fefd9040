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

#include "daemon/digest.h"

struct cache_disk {
    int place_fd;        /* the cache's directory; borrowed */
    int dir_fd;          /* its subdirectory with the entries; -1: not opened */
    uint64_t size_limit; /* of all entries, in bytes on the disk */
    uint64_t size;       /* of what is there, once COUNTED */
    bool counted;
};

/*
 * Opens the subdirectory, which is made where it is missing, in place of the one that is open, and
 * removes what an interrupted or older writer left behind. Returns 0 or -errno.
 */
int cache_disk_open(struct cache_disk *disk);

/*
 * Writes the SIZE bytes at BYTES as the entry KEY: to a temporary file, synced, renamed. Then
 * removes the entries that were not used for longest, where all together are over the limit.
 * Returns 0 or -errno (-ESTALE: the subdirectory is another one by now); it holds the whole entry
 * or none of it.
 */
int cache_disk_write(struct cache_disk *disk, const uint8_t key[DIGEST_SIZE], const void *bytes,
                     size_t size);

/* Removes the entry KEY, if it is there and can be removed. */
void cache_disk_remove(struct cache_disk *disk, const uint8_t key[DIGEST_SIZE]);

#endif
